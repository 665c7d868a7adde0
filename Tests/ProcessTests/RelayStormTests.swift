import CSIWire
import LinuxHost
import RPCClient
import Synchronization
import TestSupport
import Testing

@Suite("A cluster in a storm", .requiresRoot)
struct RelayStormTests {
    @Test(
        "While nodes and relays are killed, cut off and hang, callers that repeat get each volume once",
        arguments: [1, 2])
    func storm(seed: Int) async throws {
        try await Cluster.run(.init(nodes: 3, relays: 2, filesystem: .ext4)) { cluster in
            let before = try cluster.nodes.map { try cluster.available(on: $0) }
            let topologies = try cluster.nodes.map { try $0.topology }
            let isOver = Atomic(false)
            let callers = try (0..<6).map { worker in
                try Background {
                    var random = Seeded(UInt64(seed * 100 + worker))
                    var kept: [String: String] = [:]
                    var number = 0
                    while !isOver.load(ordering: .relaxed) {
                        number += 1
                        let name = "pvc-\(worker)-\(number)"
                        let start = Int(random.next() % 3)
                        let places = (0..<3).map { topologies[(start + $0) % 3] }
                        var request = Kind.ext4.create(name, bytes: 16 << 20)
                        if random.next() % 4 != 0 {
                            request.accessibilityRequirements = CSI.TopologyRequirement(
                                requisite: topologies, preferred: places)
                        }
                        let volume = try persist(cluster, request, &random).volume
                        let id = try #require(volume?.volumeID)
                        if kept.count < 6, random.next() % 2 == 0 {
                            kept[name] = id
                        } else {
                            _ = try persist(cluster, CSI.DeleteVolumeRequest(volumeID: id), &random)
                        }
                    }
                    return kept
                }
            }
            var random = Seeded(UInt64(seed))
            for _ in 1...9 {
                try blow(cluster, &random)
                Clock.sleep(nanoseconds: Int64(random.next() % 500_000_000))
            }
            isOver.store(true, ordering: .relaxed)
            let kept = try callers.map { try $0.value() }.reduce(into: [:]) {
                $0.merge($1) { first, _ in first }
            }
            #expect(!kept.isEmpty)
            _ = try cluster.client.repeatUntilOK(CSI.ListVolumesRequest())
            #expect(try Set(cluster.volumes()) == Set(kept.values))
            #expect(try cluster.volumes().count == kept.count)
            for id in kept.values {
                _ = try cluster.client.repeatUntilOK(CSI.DeleteVolumeRequest(volumeID: id))
            }
            for (node, room) in zip(cluster.nodes, before) {
                try waitUntil("\(node.name) has the room that it had") {
                    try cluster.available(on: node) == room
                }
            }
        }
    }

    /// Repeats a call through any relay until it is OK, as a sidecar does; final refusals throw.
    private func persist<Request: CSIRequest>(
        _ cluster: Cluster, _ request: Request, _ random: inout Seeded
    ) throws -> Request.Reply {
        let again: Set<CSICode> = [.unavailable, .aborted, .deadlineExceeded]
        let deadline = Clock.monotonicNanoseconds + 40_000_000_000
        while true {
            let client = cluster.relays[Int(random.next() % 2)].client
            do {
                return try client.call(request, timeout: 2)
            } catch let status as CSIStatus {
                guard again.contains(status.code) else { throw status }
            } catch is RPCClientError {
                // The relay was killed, or is not there.
            }
            guard Clock.monotonicNanoseconds < deadline else { throw RigTrouble("\(request) was never OK") }
            Clock.sleep(nanoseconds: 50_000_000)
        }
    }

    /// One thing goes wrong, and is well again after a moment.
    private func blow(_ cluster: Cluster, _ random: inout Seeded) throws {
        let node = cluster.nodes[Int(random.next() % 3)]
        let relay = cluster.relays[Int(random.next() % 2)]
        let moment = Int64(random.next() % 800_000_000)
        switch random.next() % 4 {
        case 0:
            node.machine.kill9()
            Clock.sleep(nanoseconds: moment)
            try node.start()
        case 1:
            try node.cut()
            Clock.sleep(nanoseconds: moment)
            try node.mend()
        case 2:
            try node.machine.suspend()
            Clock.sleep(nanoseconds: moment)
            node.machine.resume()
        default:
            relay.machine.kill9()
            Clock.sleep(nanoseconds: moment)
            try relay.start()
        }
    }
}
