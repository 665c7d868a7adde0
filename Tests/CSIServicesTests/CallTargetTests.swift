import CSIServices
import CSIWire
import Log
import Testing
import Volumes
import VolumesTestSupport

@Suite("What a call is about and which pools it names")
struct CallTargetTests {
    private static let a = "00000000000000aa"
    private static let b = "00000000000000bb"

    private func pools<Request: CSIRequest>(_ request: Request) throws -> [String] {
        try CallTarget(path: Request.path, request: request.encoded()).pools.map(\.text)
    }

    @Test("Each handle names its pool")
    func handles() throws {
        let volume = "\(Self.a).v"
        #expect(try pools(CSI.DeleteVolumeRequest(volumeID: volume)) == [Self.a])
        #expect(try pools(CSI.ValidateVolumeCapabilitiesRequest(volumeID: volume)) == [Self.a])
        #expect(try pools(CSI.ControllerExpandVolumeRequest(volumeID: volume)) == [Self.a])
        #expect(try pools(CSI.ControllerGetVolumeRequest(volumeID: volume)) == [Self.a])
        #expect(try pools(CSI.ControllerModifyVolumeRequest(volumeID: volume)) == [Self.a])
        #expect(try pools(CSI.CreateSnapshotRequest(sourceVolumeID: volume)) == [Self.a])
        for snapshot in ["\(Self.a).s", "\(Self.a).g_0"] {
            #expect(try pools(CSI.DeleteSnapshotRequest(snapshotID: snapshot)) == [Self.a])
            #expect(try pools(CSI.GetSnapshotRequest(snapshotID: snapshot)) == [Self.a])
        }
        #expect(try pools(CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: "\(Self.a).g")) == [Self.a])
        #expect(try pools(CSI.GetVolumeGroupSnapshotRequest(groupSnapshotID: "\(Self.a).g")) == [Self.a])
    }

    @Test("A creation names the pool of its source, and none without one")
    func creation() throws {
        func request(_ source: CSI.VolumeContentSource?) -> CSI.CreateVolumeRequest {
            CSI.CreateVolumeRequest(
                name: "v", contentSource: source,
                accessibilityRequirements: CSI.TopologyRequirement(
                    requisite: [CSI.Topology(segments: ["topology.loop.test/pool.p": Self.b])]))
        }
        #expect(try pools(request(nil)) == [])
        #expect(try pools(request(.unspecified)) == [])
        #expect(try pools(request(.volume(id: "\(Self.a).v"))) == [Self.a])
        #expect(try pools(request(.snapshot(id: "\(Self.a).g_3"))) == [Self.a])
        #expect(try pools(request(.snapshot(id: "elsewhere"))) == [])
    }

    @Test("A group names the pool of each source once, in the order of the request")
    func group() throws {
        let sources = ["\(Self.b).v", "\(Self.a).v", "what", "\(Self.b).w"]
        #expect(
            try pools(CSI.CreateVolumeGroupSnapshotRequest(name: "g", sourceVolumeIDs: sources))
                == [Self.b, Self.a])
    }

    @Test("A list names the pools of its filters and of its token")
    func lists() throws {
        #expect(try pools(CSI.ListVolumesRequest()) == [])
        #expect(try pools(CSI.ListVolumesRequest(startingToken: "\(Self.a).v~12345678")) == [Self.a])
        #expect(try pools(CSI.ListVolumesRequest(startingToken: "\(Self.a).~12345678")) == [Self.a])
        #expect(try pools(CSI.ListVolumesRequest(startingToken: "7")) == [])
        #expect(try pools(CSI.ListSnapshotsRequest(sourceVolumeID: "\(Self.a).v")) == [Self.a])
        #expect(try pools(CSI.ListSnapshotsRequest(snapshotID: "\(Self.a).g_1")) == [Self.a])
        #expect(
            try pools(
                CSI.ListSnapshotsRequest(
                    startingToken: "\(Self.b).s~12345678", sourceVolumeID: "\(Self.a).v"))
                == [Self.a, Self.b])
    }

    @Test(
        "Ids that no driver of this kind minted name no pool",
        arguments: ["", "v", "00000000000000AA.v", "00000000000000aa", "00000000000000aa.", "a.b", "../x"])
    func foreign(id: String) throws {
        #expect(try pools(CSI.DeleteVolumeRequest(volumeID: id)) == [])
        #expect(try pools(CSI.DeleteSnapshotRequest(snapshotID: id)) == [])
        #expect(try pools(CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: id)) == [])
    }

    @Test("Calls without ids, and calls that are not offered, name no pool, whatever they carry")
    func others() throws {
        #expect(try pools(CSI.GetPluginInfoRequest()) == [])
        #expect(try pools(CSI.GetCapacityRequest()) == [])
        #expect(try CallTarget(path: "/csi.v1.Node/Unknown", request: [0xff, 0xff]).pools == [])
    }

    @Test("A call is about the id in it, or about the name that it is to make, and says which of these it is")
    func subjects() throws {
        func subject<Request: CSIRequest>(_ request: Request) throws -> String {
            let target = try CallTarget(path: Request.path, request: request.encoded())
            return "\(target.subjectKey.rawValue)=\(target.subject)"
        }
        #expect(
            try subject(CSI.CreateVolumeRequest(name: "n", contentSource: .volume(id: "\(Self.a).v")))
                == "volume_name=n")
        #expect(try subject(CSI.DeleteVolumeRequest(volumeID: "alien")) == "volume_id=alien")
        #expect(
            try subject(CSI.CreateSnapshotRequest(sourceVolumeID: "\(Self.a).v", name: "s"))
                == "snapshot_id=s")
        #expect(try subject(CSI.ListSnapshotsRequest(snapshotID: "s")) == "snapshot_id=s")
        #expect(try subject(CSI.ListSnapshotsRequest(sourceVolumeID: "v")) == "volume_id=v")
        #expect(try subject(CSI.GetVolumeGroupSnapshotRequest(groupSnapshotID: "g")) == "group_snapshot_id=g")
        #expect(try subject(CSI.ListVolumesRequest(startingToken: "t")) == "volume_id=")
        let longest = String(repeating: "x", count: 128)
        #expect(try subject(CSI.DeleteVolumeRequest(volumeID: longest)) == "volume_id=" + longest)
    }

    @Test("Bytes that are no request are INVALID_ARGUMENT")
    func garbage() throws {
        for path in [CSI.DeleteVolumeRequest.path, CSI.CreateVolumeRequest.path] {
            let status = #expect(throws: CSIStatus.self) {
                try CallTarget(path: path, request: [0x0a, 0x7f, 0x00])
            }
            #expect(status?.code == .invalidArgument)
        }
        // So are ids that no request may have, whatever node they might be for.
        let status = #expect(throws: CSIStatus.self) {
            try CallTarget(
                path: CSI.DeleteVolumeRequest.path,
                request: CSI.DeleteVolumeRequest(volumeID: String(repeating: "x", count: 129)).encoded())
        }
        #expect(status?.code == .invalidArgument)
    }
}
