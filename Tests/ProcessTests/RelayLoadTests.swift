import CSIWire
import LinuxHost
import Synchronization
import TestSupport
import Testing

@Suite("Many calls through relays", .requiresRoot)
struct RelayLoadTests {
    @Test("A hundred volumes at once, each asked for through two relays, are there once, and go again")
    func hundred() async throws {
        try await Cluster.run(.init(nodes: 4, relays: 2, filesystem: .ext4)) { cluster in
            let topologies = try cluster.nodes.map { try $0.topology }
            let before = try cluster.nodes.map { try cluster.available(on: $0) }
            let descriptors = try cluster.relays.map { try $0.machine.running.descriptors }
            let made = try together(20) { worker in
                try (0..<5).map { number -> String in
                    let index = worker * 5 + number
                    var request = Kind.ext4.create("pvc-\(index)", bytes: 16 << 20)
                    // As the provisioner: all nodes, beginning with the one that the pod was put on.
                    let preferred = (0..<4).map { topologies[(index + $0) % 4] }
                    request.accessibilityRequirements = CSI.TopologyRequirement(
                        requisite: topologies, preferred: preferred)
                    let first = cluster.relays[index % 2].client
                    let again = cluster.relays[(index + 1) % 2].client
                    let volume = try #require(try first.repeatUntilOK(request).volume)
                    #expect(volume.accessibleTopology == [preferred[0]])
                    #expect(try again.call(request).volume == volume)
                    return volume.volumeID
                }
            }.flatMap(\.self)
            #expect(Set(made).count == 100)
            #expect(try Set(cluster.volumes()) == Set(made))
            for node in cluster.nodes { #expect(try node.files().count == 25) }
            _ = try together(20) { worker in
                for id in made[(worker * 5)..<(worker * 5 + 5)] {
                    let delete = CSI.DeleteVolumeRequest(volumeID: id)
                    _ = try cluster.relays[worker % 2].client.repeatUntilOK(delete)
                }
            }
            #expect(try cluster.volumes() == [])
            try waitUntil("the room is what it was") {
                try cluster.nodes.map { try cluster.available(on: $0) } == before
            }
            for (relay, count) in zip(cluster.relays, descriptors) {
                // Connections of callers come and go; those to nodes were there before.
                try waitUntil("no descriptor is left") {
                    try relay.machine.running.descriptors <= count + 2
                }
            }
        }
    }

    @Test("Two nodes that hang, with more calls to each than a node may have, leave the third its place")
    func twoHanging() async throws {
        try await Cluster.run(.init(nodes: 3)) { cluster in
            let client = cluster.client
            let requests = try cluster.nodes[0...1].map {
                CSI.ControllerGetVolumeRequest(volumeID: "\(try $0.poolID).vol")
            }
            let volume = try ClusterVolume.request(on: cluster.nodes[2])
            for node in cluster.nodes[0...1] { try node.machine.suspend() }
            let refused = Mutex(0)
            let outcomes = try together(281) { number in
                if number < 280 {
                    let outcome = try client.outcome(of: requests[number % 2], within: 15)
                    if outcome.message.contains("calls wait for it already") { refused.withLock { $0 += 1 } }
                    return outcome
                }
                // Shares are used up when calls are refused.
                try waitUntil("the shares are used up") { refused.withLock { $0 } >= 100 }
                let outcome = try client.outcome(of: volume, within: 10)
                #expect(outcome.code == .ok, "\(outcome)")
                return outcome
            }
            #expect(outcomes.count { $0.code == .ok } == 1)
            #expect(outcomes.count { $0.code == .unavailable } == 280)
            for node in cluster.nodes[0...1] { node.machine.resume() }
            for request in requests {
                try waitUntil("the node answers again") {
                    try client.outcome(of: request).code == .notFound
                }
            }
            try ClusterVolume(cluster, on: cluster.nodes[2]).delete()
        }
    }

    @Test(
        "More calls than a relay takes for one node, while it hangs, leave those for the others their place")
    func tooMany() async throws {
        try await Cluster.run { cluster in
            let client = cluster.client
            let (hanging, other) = (cluster.nodes[0], cluster.nodes[1])
            let request = CSI.ControllerGetVolumeRequest(volumeID: "\(try hanging.poolID).vol")
            let volume = try ClusterVolume.request(on: other)
            try hanging.machine.suspend()
            let outcomes = try together(141) { number in
                if number < 140 { return try client.outcome(of: request, within: 6) }
                Clock.sleep(nanoseconds: 1_500_000_000)
                try client.expectQuick(volume)
                return try client.outcome(of: CSI.ProbeRequest(), within: 6)
            }
            #expect(outcomes.count { $0.code == .ok } == 1)
            #expect(outcomes.count { $0.code == .unavailable } == 140)
            #expect(outcomes.count { $0.message.contains("calls wait for it already") } == 12)
            hanging.machine.resume()
            try waitUntil("the node answers again") {
                try client.outcome(of: request).code == .notFound
            }
            try ClusterVolume(cluster, on: other).delete()
        }
    }
}
