import CSIWire
import Testing
import Volumes
import VolumesTestSupport

@Suite("Groups as messages")
struct GroupTests {
    private let services: Services
    private let sources: [String]

    init() throws {
        services = try Services()
        sources = [try services.create("a"), try services.create("b")]
    }

    private func request(
        _ name: String = "group", _ sources: [String]? = nil, _ parameters: [String: String] = [:]
    )
        -> CSI.CreateVolumeGroupSnapshotRequest
    {
        CSI.CreateVolumeGroupSnapshotRequest(
            name: name, sourceVolumeIDs: sources ?? self.sources, parameters: parameters)
    }

    @Test("A group is ready at once; its members carry its handle and moment, alone and in lists")
    func whole() throws {
        let group = try #require(try services.call(request()).groupSnapshot)
        #expect(group.readyToUse && group.snapshots.map(\.sourceVolumeID) == sources)
        #expect(
            group.snapshots.allSatisfy {
                $0.groupSnapshotID == group.groupSnapshotID && $0.creationTime == group.creationTime
                    && $0.readyToUse && $0.sizeBytes == 1 << 30
            })
        #expect(try services.call(request("group", sources.reversed())).groupSnapshot == group)
        let ids = group.snapshots.map(\.snapshotID)
        #expect(
            try services.call(
                CSI.GetVolumeGroupSnapshotRequest(groupSnapshotID: group.groupSnapshotID, snapshotIDs: ids)
            ).groupSnapshot == group)
        #expect(
            try services.call(CSI.ListSnapshotsRequest()).entries.compactMap(\.snapshot) == group.snapshots)
        for snapshot in group.snapshots {
            let id = snapshot.snapshotID
            #expect(try services.call(CSI.GetSnapshotRequest(snapshotID: id)).snapshot == snapshot)
            let outcome = try services.outcome(CSI.DeleteSnapshotRequest(snapshotID: id))
            #expect(outcome.code == .invalidArgument && outcome.message.contains(group.groupSnapshotID))
        }
        for _ in 0..<2 {
            try services.call(
                CSI.DeleteVolumeGroupSnapshotRequest(
                    groupSnapshotID: group.groupSnapshotID, snapshotIDs: ids))
        }
        #expect(services.lines.last.contains("group_snapshot_id=\(group.groupSnapshotID)"))
        #expect(try services.call(CSI.ListSnapshotsRequest()).entries.isEmpty)
    }

    @Test("Fields are checked in the order name, sources, parameters, and each refusal has its code")
    func refusals() throws {
        func code(_ request: CSI.CreateVolumeGroupSnapshotRequest, _ word: String) throws -> CSICode {
            let outcome = try services.outcome(request)
            #expect(outcome.message.contains(word), "\(outcome.message)")
            return outcome.code
        }
        #expect(try code(request("", []), "name") == .invalidArgument)
        #expect(try code(request("g", []), "source_volume_ids") == .invalidArgument)
        #expect(try code(request("g", [sources[0], sources[0]]), "twice") == .invalidArgument)
        #expect(try code(request("g", ["x"], ["a": "b"]), "parameters") == .invalidArgument)
        #expect(try code(request("g", nil, ["consistency": "crash"]), "frozen") == .invalidArgument)
        #expect(try code(request("g", [sources[0], "x"]), "x") == .notFound)
        #expect(try code(request("g", ["00000000000000aa.x"]), "not on this node") == .failedPrecondition)
        #expect(services.driver.quieter.events.isEmpty)
        let sidecar = ["consistency": "frozen", "csi.storage.k8s.io/volumegroupsnapshot/name": "a"]
        #expect(try services.call(request("g", nil, sidecar)).groupSnapshot?.snapshots.count == 2)
        #expect(try code(request("g", [sources[0]]), "other volumes") == .alreadyExists)
        // Upstream's suite makes its class so, whatever the policy is, and it changes nothing.
        for policy in ["Delete", "Retain"] {
            let suite = ["deletionPolicy": policy, "csi.storage.k8s.io/volumegroupsnapshotcontent/name": "c"]
            #expect(try services.call(request("g", nil, suite)).groupSnapshot?.snapshots.count == 2)
        }
        #expect(try code(request("h", nil, ["deletionpolicy": "Delete"]), "parameters") == .invalidArgument)
    }

    @Test("An unknown group is gone already for delete and NOT_FOUND for get; other members are refused")
    func unknown() throws {
        for id in ["nonsense", "0000000000000001.gone"] {
            try services.call(CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: id))
            #expect(try services.code(CSI.GetVolumeGroupSnapshotRequest(groupSnapshotID: id)) == .notFound)
        }
        let group = try #require(try services.call(request()).groupSnapshot).groupSnapshotID
        for ids in [[], ["x"]] {
            #expect(
                try services.code(
                    CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: group, snapshotIDs: ids))
                    == .invalidArgument)
            #expect(
                try services.code(CSI.GetVolumeGroupSnapshotRequest(groupSnapshotID: group, snapshotIDs: ids))
                    == .invalidArgument)
        }
        for id in ["", String(repeating: "x", count: 129)] {
            #expect(
                try services.code(CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: id))
                    == .invalidArgument)
            #expect(
                try services.code(CSI.GetVolumeGroupSnapshotRequest(groupSnapshotID: id)) == .invalidArgument)
        }
    }
}
