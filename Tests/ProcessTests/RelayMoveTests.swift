import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Pools that move", .requiresRoot)
struct RelayMoveTests {
    /// What becomes of a node's pool.
    enum Move: String, CaseIterable, CustomTestStringConvertible {
        /// The node comes back with another address, as a pod does.
        case sameNode
        /// The new driver is there before the old one goes, as in an upgrade.
        case overlap
        /// The disk is put into another machine.
        case otherNode

        var testDescription: String { rawValue }
    }

    @Test("A pool is found where it has moved to, with its volumes", arguments: Move.allCases)
    func moves(move: Move) async throws {
        try await Cluster.run(.init(nodes: 3, starts: false, expectsEmptyPools: false)) { cluster in
            let (old, new) = (cluster.nodes[0], cluster.nodes[2])
            try cluster.relay.lead(to: [old.address, cluster.nodes[1].address])
            for node in cluster.nodes.dropLast() { try node.start() }
            try cluster.relay.start()
            try cluster.relay.waitUntilReady()
            let client = cluster.client
            let volume = try ClusterVolume(cluster, on: old)
            let request = try ClusterVolume.request(.ext4, "later", on: old)
            if move == .overlap {
                try new.start(pool: old.pool, nodeID: old.name)
                try cluster.relay.lead(to: cluster.nodes.map(\.address))
                try cluster.relay.machine.waitForLog(new.address)
                for _ in 1...10 {
                    try client.expectQuick(CSI.ControllerGetVolumeRequest(volumeID: volume.id))
                    try client.expectQuick(CSI.ListVolumesRequest())
                }
                try old.machine.stop()
                _ = try client.repeatUntilOK(CSI.ControllerGetVolumeRequest(volumeID: volume.id))
            } else {
                try old.machine.stop()
                try client.expectUnavailable(volume.deleteRequest)
                try new.start(pool: old.pool, nodeID: move == .sameNode ? old.name : new.name)
            }
            try cluster.relay.lead(to: [new.address, cluster.nodes[1].address])
            let found = try client.repeatUntilOK(CSI.ControllerGetVolumeRequest(volumeID: volume.id))
            #expect(found.volume?.volumeID == volume.id)
            let later = try #require(try client.repeatUntilOK(request).volume)
            _ = try client.repeatUntilOK(CSI.ListVolumesRequest())
            #expect(try Set(cluster.volumes()) == [volume.id, later.volumeID])
            #expect(try Set(old.files()) == ["volumes/vol", "volumes/later"])
            for id in [volume.id, later.volumeID] {
                _ = try client.call(CSI.DeleteVolumeRequest(volumeID: id))
            }
            #expect(try cluster.volumes() == [])
        }
    }

    @Test(
        "Two nodes that exchange their disks behind the relay's back lose no volume, and none is made twice")
    func exchange() async throws {
        try await Cluster.run(.init(expectsEmptyPools: false)) { cluster in
            let client = cluster.client
            let (one, two) = (cluster.nodes[0], cluster.nodes[1])
            let volumes = try cluster.nodes.map {
                try ClusterVolume(cluster, name: "vol-\($0.number)", on: $0)
            }
            let requests = try cluster.nodes.map {
                try ClusterVolume.request(.ext4, "new-\($0.number)", on: $0)
            }
            for node in cluster.nodes { try node.machine.stop() }
            try one.start(pool: two.pool)
            try two.start(pool: one.pool)
            // Never "no such volume", which a sidecar takes for a deletion that is done.
            for volume in volumes {
                let request = CSI.ControllerGetVolumeRequest(volumeID: volume.id)
                try waitUntil("the volume is found") {
                    let code = try client.outcome(of: request).code
                    #expect(code == .ok || code == .unavailable, "\(code)")
                    return code == .ok
                }
            }
            for (request, node) in zip(requests, cluster.nodes) {
                let made = try #require(try client.repeatUntilOK(request).volume)
                #expect(try node.files().count == 2)
                _ = try client.repeatUntilOK(CSI.DeleteVolumeRequest(volumeID: made.volumeID))
            }
            #expect(try Set(cluster.volumes()) == Set(volumes.map(\.id)))
            for volume in volumes { try volume.delete() }
        }
    }
}
