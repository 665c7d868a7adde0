import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("The name that the nodes are behind", .requiresRoot)
struct RelayNameTests {
    @Test("A name that leads nowhere at first is no trouble, and nodes are found when they are there")
    func emptyAtFirst() async throws {
        try await Cluster.run(.init(starts: false)) { cluster in
            let client = cluster.client
            try cluster.relay.lead(to: [])
            for node in cluster.nodes { try node.start() }
            try cluster.relay.start()
            let request = try ClusterVolume.request(on: cluster.nodes[1])
            try client.expectUnavailable(request, naming: "the nodes' name has no addresses")
            try client.expectUnavailable(CSI.ListVolumesRequest(), naming: "the nodes' name has no addresses")
            try client.expectUnavailable(CSI.GetCapacityRequest())
            #expect(try client.call(CSI.GetPluginInfoRequest()).name == "loop.csi.local")
            try cluster.relay.lead(to: cluster.nodes.map(\.address))
            _ = try client.repeatUntilOK(request)
            #expect(try cluster.volumes().count == 1)
            try ClusterVolume(cluster, on: cluster.nodes[1]).delete()
        }
    }

    @Test("A name that cannot be resolved changes nothing for the nodes that are known")
    func resolverDown() async throws {
        try await Cluster.run { cluster in
            let client = cluster.client
            // As if a server were asked, which there is none of.
            try cluster.relay.setResolver(works: false)
            try cluster.relay.lead(to: [])
            try cluster.relay.machine.waitForLog("the nodes' name cannot be resolved")
            for node in cluster.nodes { try client.expectQuick(try ClusterVolume.request(on: node)) }
            try client.expectQuick(CSI.ListVolumesRequest())
            try cluster.relay.lead(to: cluster.nodes.map(\.address))
            try cluster.relay.machine.waitForLog("the nodes' name is resolved again")
            for node in cluster.nodes { try ClusterVolume(cluster, on: node).delete() }
        }
    }

    @Test("A name that leads to a node no more for a moment does not hide its volumes")
    func vanishes() async throws {
        try await Cluster.run { cluster in
            let client = cluster.client
            let volume = try ClusterVolume(cluster, on: cluster.nodes[1])
            try cluster.relay.lead(to: [cluster.nodes[0].address])
            // Longer than it takes until the relay looks again.
            for _ in 1...24 {
                try client.expectQuick(CSI.ControllerGetVolumeRequest(volumeID: volume.id))
                #expect(try cluster.volumes() == [volume.id])
                Clock.sleep(nanoseconds: 500_000_000)
            }
            try cluster.relay.lead(to: [])
            for _ in 1...24 {
                #expect(try cluster.volumes() == [volume.id])
                Clock.sleep(nanoseconds: 500_000_000)
            }
            try cluster.relay.lead(to: cluster.nodes.map(\.address))
            try volume.delete()
        }
    }

    /// What becomes of a node's pool.
    enum Move: String, CaseIterable, CustomTestStringConvertible {
        /// The node comes back with another address, as a pod does.
        case sameNode
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
            try old.machine.stop()
            try client.expectUnavailable(volume.deleteRequest)
            try new.start(pool: old.pool, nodeID: move == .sameNode ? old.name : new.name)
            try cluster.relay.lead(to: [new.address, cluster.nodes[1].address])
            let found = try client.repeatUntilOK(CSI.ControllerGetVolumeRequest(volumeID: volume.id))
            #expect(found.volume?.volumeID == volume.id)
            let later = try #require(try client.repeatUntilOK(request).volume)
            #expect(try Set(cluster.volumes()) == [volume.id, later.volumeID])
            #expect(try Set(old.files()) == ["volumes/vol", "volumes/later"])
            for id in [volume.id, later.volumeID] {
                _ = try client.call(CSI.DeleteVolumeRequest(volumeID: id))
            }
            #expect(try cluster.volumes() == [])
        }
    }
}
