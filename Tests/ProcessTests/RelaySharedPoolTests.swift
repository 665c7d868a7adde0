import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("A pool that two nodes share, behind a relay", .requiresRoot)
struct RelaySharedPoolTests {
    /// Three nodes, of which the first two share the first one's pool.
    private func run(_ body: @escaping @Sendable (Cluster) throws -> Void) async throws {
        try await Cluster.run(.init(nodes: 3, relays: 2, filesystem: .xfs, mounts: true, starts: false)) {
            cluster in
            let pool = "\(cluster.nodes[0].pool),shared=yes"
            for node in cluster.nodes.prefix(2) { try node.start(pool: pool) }
            try cluster.nodes[2].start()
            for relay in cluster.relays { try relay.start() }
            for relay in cluster.relays { try relay.waitUntilReady() }
            try body(cluster)
        }
    }

    @Test("A snapshot is taken by the node that has the volume, and its copy is used on the other one")
    func snapshots() async throws {
        try await run { cluster in
            let client = cluster.client
            for user in cluster.nodes.prefix(2) {
                var volume = try ClusterVolume(cluster, on: cluster.nodes[1])
                #expect(volume.volume.accessibleTopology == [try cluster.nodes[0].topology])
                volume.node = user
                try volume.stage()
                try volume.publish()
                try Host.write("kept", to: "\(volume.target)/file")
                try client.refuses(volume.deleteRequest, .failedPrecondition)
                let snapshot = try #require(try client.call(volume.cutRequest).snapshot)
                var copy = try ClusterVolume(cluster, name: "copy", from: snapshot.asSource)
                copy.node = cluster.nodes[1 - user.number]
                try copy.stage()
                try copy.publish()
                #expect(try Host.read("\(copy.target)/file") == "kept")
                #expect(try cluster.volumes().count == 2)
                _ = try client.call(CSI.DeleteSnapshotRequest(snapshotID: snapshot.snapshotID))
                try copy.end()
                try volume.end()
            }
        }
    }

    @Test(
        "Where one of the two is gone or cut off, the other one answers", arguments: [0, 1], [true, false])
    func oneGone(number: Int, isKilled: Bool) async throws {
        try await run { cluster in
            let client = cluster.client
            let (lost, other) = (cluster.nodes[number], cluster.nodes[1 - number])
            let volume = try ClusterVolume(cluster, on: other)
            if isKilled { lost.machine.kill9() } else { try lost.cut() }
            // The first call may wait for the lost one in vain, those after it do not.
            _ = try client.outcome(of: CSI.ListVolumesRequest(), within: 2)
            try client.expectQuick(CSI.ControllerGetVolumeRequest(volumeID: volume.id))
            for round in 1...5 {
                let later = try ClusterVolume.request(.ext4, "later-\(round)", on: other)
                let made = try #require(try client.repeatUntilOK(later).volume)
                try client.expectQuick(CSI.DeleteVolumeRequest(volumeID: made.volumeID))
                try client.expectQuick(CSI.ListVolumesRequest())
            }
            if isKilled {
                try lost.start(pool: "\(cluster.nodes[0].pool),shared=yes")
            } else {
                try lost.mend()
            }
            try volume.delete()
        }
    }

    @Test("The same calls at once, through two relays to two nodes, make one volume")
    func twice() async throws {
        try await run { cluster in
            let allowed: Set<CSICode> = [.ok, .aborted]
            for round in 1...6 {
                let request = try ClusterVolume.request(
                    .ext4, "vol-\(round)", on: cluster.nodes[round % 2], bytes: 16 << 20)
                let clients = cluster.relays.map(\.client) + cluster.nodes.prefix(2).map(\.client)
                let codes = try together(4) { try clients[$0].code(of: request) }
                #expect(codes.contains(.ok) && Set(codes).isSubset(of: allowed), "\(codes)")
                let ids = try clients.map { try $0.repeatUntilOK(request).volume?.volumeID }
                #expect(Set(ids).count == 1)
                let delete = CSI.DeleteVolumeRequest(volumeID: try #require(ids[0]))
                let gone = try together(4) { try clients[$0].code(of: delete) }
                #expect(gone.contains(.ok) && Set(gone).isSubset(of: allowed), "\(gone)")
                for client in clients { _ = try client.repeatUntilOK(delete) }
                #expect(try cluster.volumes() == [])
            }
        }
    }
}
