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

    @Test("A node with addresses of both families is one node, and one is enough to reach it")
    func bothFamilies() async throws {
        try await Cluster.run(.init(starts: false)) { cluster in
            let six = cluster.nodes.map { ClusterNetwork.address6($0.number) }
            for node in cluster.nodes { try node.start() }
            try cluster.relay.lead(to: cluster.nodes.map(\.address) + six)
            try cluster.relay.start()
            try cluster.relay.waitUntilReady()
            let client = cluster.client
            let each = try cluster.nodes.map { try cluster.available(on: $0) }
            #expect(each.allSatisfy { $0 > 0 })
            let volume = try ClusterVolume(cluster, on: cluster.nodes[0])
            #expect(try cluster.volumes() == [volume.id])
            try cluster.relay.lead(to: six)
            try cluster.relay.machine.waitForLog("[\(six[1])]:\(Cluster.port)")
            for _ in 1...12 {
                try client.expectQuick(try ClusterVolume.request(on: cluster.nodes[0]))
                #expect(try cluster.volumes() == [volume.id])
                Clock.sleep(nanoseconds: 1_000_000_000)
            }
            try volume.delete()
        }
    }
}
