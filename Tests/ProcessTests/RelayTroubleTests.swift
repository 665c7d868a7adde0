import CSIWire
import LinuxHost
import RPCClient
import TestSupport
import Testing

@Suite("A relay whose nodes are in trouble", .requiresRoot)
struct RelayTroubleTests {
    enum Trouble: String, CaseIterable, CustomTestStringConvertible {
        case killed, cut, hanging

        var testDescription: String { rawValue }

        func begin(_ node: ClusterNode) throws {
            switch self {
            case .killed: node.machine.kill9()
            case .cut: try node.cut()
            case .hanging: try node.machine.suspend()
            }
        }

        func end(_ node: ClusterNode) throws {
            switch self {
            case .killed: try node.start()
            case .cut: try node.mend()
            case .hanging: node.machine.resume()
            }
        }
    }

    @Test(
        "A node that is gone, cut off or hangs costs its own calls their success, and nobody their time",
        arguments: Trouble.allCases)
    func oneNode(trouble: Trouble) async throws {
        try await Cluster.run(.init(nodes: 3)) { cluster in
            let client = cluster.client
            let lost = cluster.nodes[1]
            let kept = try ClusterVolume(cluster, name: "kept", on: lost)
            let request = try ClusterVolume.request(on: lost)
            let capacity = CSI.GetCapacityRequest(accessibleTopology: try lost.topology)
            let others = try [0, 2].map {
                try ClusterVolume.request(.ext4, "vol-\($0)", on: cluster.nodes[$0])
            }
            try trouble.begin(lost)
            _ = try together(6) { number in
                switch number {
                case 0: try client.expectUnavailable(request, naming: "node-1")
                case 1: try client.expectUnavailable(capacity, naming: "node-1")
                case 2: try client.expectUnavailable(CSI.ListVolumesRequest(), naming: "node-1")
                case 3:
                    try client.expectUnavailable(
                        CSI.ControllerGetVolumeRequest(volumeID: kept.id), naming: "node-1")
                default:
                    // After the others have begun to wait.
                    Clock.sleep(nanoseconds: 200_000_000)
                    try client.expectQuick(others[number - 4])
                    try client.expectQuick(CSI.ProbeRequest())
                }
            }
            try trouble.end(lost)
            let reply = try client.repeatUntilOK(request)
            #expect(try lost.files() == ["volumes/kept", "volumes/vol"])
            #expect(try cluster.volumes().count == 4)
            try ClusterVolume(cluster, name: "vol", on: lost).delete()
            try client.refuses(
                CSI.ControllerGetVolumeRequest(volumeID: reply.volume?.volumeID ?? ""), .notFound)
            for number in [0, 2] {
                try ClusterVolume(cluster, name: "vol-\(number)", on: cluster.nodes[number]).delete()
            }
            try kept.delete()
        }
    }

    @Test("A node that was cut off when the relay began is found when its link is mended")
    func cutFromTheStart() async throws {
        try await Cluster.run(.init(starts: false)) { cluster in
            for node in cluster.nodes { try node.start() }
            let lost = cluster.nodes[1]
            try lost.cut()
            try cluster.relay.start()
            try cluster.relay.waitUntilReady()
            let client = cluster.client
            try client.expectUnavailable(try ClusterVolume.request(on: lost))
            try client.expectUnavailable(CSI.ListVolumesRequest(), naming: lost.address)
            try client.expectQuick(try ClusterVolume.request(on: cluster.nodes[0]))
            try lost.mend()
            _ = try client.repeatUntilOK(ClusterVolume.request(on: lost))
            for node in cluster.nodes { try ClusterVolume(cluster, on: node).delete() }
        }
    }

    @Test(
        "A call whose node hangs and is cut off in the middle ends in time, and its repeat finds one volume")
    func cutInTheMiddle() async throws {
        try await Cluster.run(.init(nodes: 1, filesystem: .ext4)) { cluster in
            let node = cluster.nodes[0]
            let before = try cluster.available()
            let client = cluster.client
            var random = Seeded(5)
            for round in 1...4 {
                let request = try ClusterVolume.request(.ext4, "vol-\(round)", on: node, bytes: 16 << 20)
                let call = try Background { try client.outcome(of: request, within: 2) }
                Clock.sleep(nanoseconds: Int64(random.next() % 60_000_000))
                try node.machine.suspend()
                try node.cut()
                let code = try call.value().code
                #expect([.ok, .unavailable].contains(code))
                try node.mend()
                node.machine.resume()
                let reply = try client.repeatUntilOK(request)
                let id = try #require(reply.volume?.volumeID)
                #expect(try cluster.volumes() == [id])
                _ = try client.repeatUntilOK(CSI.DeleteVolumeRequest(volumeID: id))
            }
            try waitUntil("the room is what it was") { try cluster.available() == before }
        }
    }

    @Test("A call without a deadline ends too when its node is cut off in the middle, and stops no relay")
    func noDeadline() async throws {
        try await Cluster.run(.init(nodes: 1, relays: 2)) { cluster in
            let node = cluster.nodes[0]
            let request = try ClusterVolume.request(on: node)
            try node.machine.suspend()
            let calls = try cluster.relays.map { relay in
                let client = relay.client
                return try Background { try client.outcome(of: request, within: nil) }
            }
            Clock.sleep(nanoseconds: 300_000_000)
            try node.cut()
            let second = try cluster.relays[1].machine.running
            let ending = try Background { try second.stop() }
            for call in calls {
                let outcome = try call.value()
                #expect(outcome.code == .unavailable, "\(outcome)")
            }
            #expect(try ending.value() == .exited(0))
            try node.mend()
            node.machine.resume()
            _ = try cluster.client.repeatUntilOK(request)
            #expect(try cluster.volumes().count == 1)
            try ClusterVolume(cluster, on: node).delete()
        }
    }
}
