import CSIWire
import LinuxHost
import Log
import Synchronization
import Testing
import Volumes
import VolumesTestSupport

@testable import Relay

/// A network in which calls to some nodes hang until they are let go.
private final class Swamp: NodeCaller {
    private struct State {
        var stuck: Set<NodeAddress> = []
        var hanging = 0
        var isOpen = false
    }

    let network: Network
    private let state = Mutex(State())

    init(_ network: Network) { self.network = network }

    func stick(_ addresses: [NodeAddress]) { state.withLock { $0.stuck = Set(addresses) } }
    func open() { state.withLock { $0.isOpen = true } }
    var hanging: Int { state.withLock { $0.hanging } }

    func call(_ calls: [NodeCall], until deadline: Int64) -> [NodeReply] {
        let isStuck = state.withLock { state in
            let isStuck = calls.contains {
                state.stuck.contains($0.address) && $0.path != CSI.GetPluginInfoRequest.path
            }
            if isStuck { state.hanging += 1 }
            return isStuck
        }
        guard isStuck else { return network.call(calls, until: deadline) }
        while !state.withLock({ $0.isOpen }) { Clock.sleep(nanoseconds: 5_000_000) }
        state.withLock { $0.hanging -= 1 }
        return calls.map { _ in NodeReply(code: 4, message: "Deadline Exceeded") }
    }

    func forget(_ address: NodeAddress) {}
}

@Suite("Shares of the workers")
struct ShareTests {
    private static let ip = "10.0.2."

    private func node(_ number: Int) -> WorkerShares.Holder {
        .node(NodeAddress(ip: "\(Self.ip)\(number)", port: 1))
    }

    @Test("leave a part for nodes that hold none, however many hang", arguments: [1, 2, 3, 5, 20, 100])
    func parts(hung: Int) {
        let shares = WorkerShares(workers: 256)
        for _ in 0..<300 { for number in 0..<hung { _ = shares.enter(node(number)) } }
        let held = (0..<hung).map { shares.waiting(for: node($0)) }
        #expect(held.reduce(0, +) < 256)
        #expect(held.allSatisfy { $0 >= 256 / (hung + 1) - 1 && $0 <= 256 / (hung + 1) + 1 }, "\(held)")
        #expect(shares.enter(node(1000)))
        #expect(shares.enter(.several))
    }

    @Test("come back, and one node alone may have half")
    func half() {
        let shares = WorkerShares(workers: 256)
        var taken = 0
        while shares.enter(node(1)) { taken += 1 }
        #expect(taken == 128)
        shares.leave(node(1))
        #expect(shares.enter(node(1)) && !shares.enter(node(1)))
        for _ in 0..<taken { shares.leave(node(1)) }
        #expect(shares.waiting(for: node(1)) == 0)
        #expect(shares.enter(.look))
    }

    @Test("keep the others served while nodes hang with as many calls as come", arguments: [1, 2, 3, 5])
    func hanging(count: Int) throws {
        let network = Network()
        let swamp = Swamp(network)
        let workers = 32
        let fleet = Fleet(
            driver: "test", caller: swamp, log: network.lines.logger, workers: workers,
            now: { network.now }, addresses: network.resolve)
        let relay = Relay(fleet: fleet, sha256Hex: fakeDigest, now: { network.now })
        var stores: [FakeStore] = []
        var addresses: [NodeAddress] = []
        for number in 0...count {
            let store = try store(0x200 + number)
            addresses.append(try network.add("n\(number)", at: "\(Self.ip)\(number)", store))
            stores.append(store)
        }
        network.pass(seconds: 10)
        fleet.look(age: Fleet.age, until: network.now)
        swamp.stick(Array(addresses.dropLast()))
        let refused = Mutex(0)
        let ended = Mutex(0)
        // Callers of lists are among them: they need all nodes, those that hang too.
        var started = 0
        for _ in 0..<workers {
            for (index, store) in stores.dropLast().enumerated() {
                let request = CSI.DeleteVolumeRequest(volumeID: "\(store.pool.id).v").encoded()
                _ = try OwnThread.start(name: "caller-\(index)") {
                    do throws(CSIStatus) {
                        _ = try relay.answer(CSI.DeleteVolumeRequest.path, request, until: nil)
                    } catch {
                        refused.withLock { $0 += error.code == .unavailable ? 1 : 0 }
                    }
                    ended.withLock { $0 += 1 }
                }
                started += 1
            }
            let list = CSI.ListVolumesRequest().encoded()
            _ = try OwnThread.start(name: "lister") {
                do throws(CSIStatus) {
                    _ = try relay.answer(CSI.ListVolumesRequest.path, list, until: nil)
                } catch {
                    refused.withLock { $0 += error.code == .unavailable ? 1 : 0 }
                }
                ended.withLock { $0 += 1 }
            }
            started += 1
        }
        defer {
            swamp.open()
            while ended.withLock({ $0 }) < started { Clock.sleep(nanoseconds: 5_000_000) }
            // Each of them is told that it is to repeat its call.
            #expect(refused.withLock { $0 } == started)
        }
        while swamp.hanging + ended.withLock({ $0 }) < started { Clock.sleep(nanoseconds: 5_000_000) }
        #expect(swamp.hanging < workers)
        #expect(swamp.hanging >= workers / 2)
        let last = try #require(stores.last)
        let alive = CSI.DeleteVolumeRequest(volumeID: "\(last.pool.id).v").encoded()
        _ = try relay.answer(CSI.DeleteVolumeRequest.path, alive, until: nil)
    }
}

@Suite("Questions to many nodes of which one takes no more calls")
struct QuestionTests {
    let rig = Rig()
    let stores: [FakeStore]
    let nodes: [NodeAddress]

    init() throws {
        stores = try (0..<4).map { try store(0xA + $0, total: .gibibytes(100)) }
        nodes = try [
            rig.network.add("a", at: "10.0.0.1", stores[0]), rig.network.add("b", at: "10.0.0.2", stores[1]),
            rig.network.add("c", at: "10.0.0.3", stores[2]), rig.network.add("d", at: "10.0.0.4", stores[3]),
        ]
        rig.look()
    }

    private func crowd(_ index: Int) { rig.relay.underWay.withLock { $0[nodes[index]] = Relay.mostPerNode } }

    @Test("A volume behind it in the order is found, and not made again", arguments: [1, 2])
    func creation(crowded: Int) throws {
        // The volume went to the last place, since the others were full then.
        for store in stores.dropLast() { store.occupy(.gibibytes(100)) }
        let request = Rig.volume("v", preferred: stores, requisite: stores)
        let made = try rig.create(request)
        #expect(made == "\(stores[3].pool.id).v")
        for store in stores.dropLast() { store.occupy(.zero) }
        crowd(crowded)
        #expect(try rig.create(request) == made)
        #expect(stores.dropLast().allSatisfy { $0.names.isEmpty })
    }

    @Test("Without an order nothing is made while one cannot be asked")
    func free() throws {
        try rig.create(Rig.volume("v"))
        crowd(1)
        let (code, message) = try rig.outcome(Rig.volume("w"))
        #expect(code == .unavailable)
        #expect(message.contains("node b"), "\(message)")
        #expect(stores.flatMap(\.names) == ["v"])
    }

    @Test(
        "Lists and capacities say which node it is, and show nothing of one as of another", arguments: 0..<4)
    func lists(crowded: Int) throws {
        for (index, store) in stores.enumerated() {
            try rig.create(Rig.volume("v\(index)", requisite: [store]))
        }
        crowd(crowded)
        let name = "node \(["a", "b", "c", "d"][crowded])"
        let list = try rig.outcome(CSI.ListVolumesRequest())
        #expect(list.code == .unavailable && list.message.contains(name), "\(list)")
        let room = try rig.outcome(CSI.GetCapacityRequest())
        #expect(room.code == .unavailable && room.message.contains(name), "\(room)")
    }

    @Test("A node that hangs behind the first place is not waited for as long as the caller waits")
    func patience() throws {
        rig.network.set(.hangs, nodes[2])
        let before = rig.network.now
        let request = Rig.volume("v", preferred: stores, requisite: stores)
        try rig.call(request, seconds: 300)
        #expect(stores[0].names == ["v"])
        #expect(rig.network.now - before < 30_000_000_000)
    }
}

@Suite("Nodes that say strange things")
struct StrangeNodeTests {
    let rig = Rig()
    let first: FakeStore
    let a: NodeAddress

    init() throws {
        first = try store(0xA)
        a = try rig.network.add("a", at: "10.0.0.1", first)
        rig.look()
    }

    @Test("A pool without an id is known to be there: nothing is listed without it")
    func nameless() throws {
        rig.network.change(a) { $0.manifest["lost-pools"] = "old" }
        rig.network.pass(seconds: 400)
        rig.look()
        let (code, message) = try rig.outcome(CSI.ListVolumesRequest())
        #expect(code == .unavailable)
        #expect(message.contains("'old'") && message.contains("node a"), "\(message)")
        // What it does have goes on.
        let volume = try rig.create(Rig.volume("v", requisite: [first]))
        #expect(try rig.code(CSI.DeleteVolumeRequest(volumeID: volume)) == .ok)
        // And what is of a pool that nobody names is not gone.
        #expect(try rig.code(CSI.DeleteVolumeRequest(volumeID: "00000000000000ff.v")) == .unavailable)
        #expect(try rig.code(CSI.GetSnapshotRequest(snapshotID: "00000000000000ff.s")) == .unavailable)
    }

    @Test("A manifest without end, and names without end, are no claim")
    func large() throws {
        let accents = "a" + String(repeating: "\u{301}\u{323}", count: 60_000)
        for manifest in [
            ["node": accents, "boot": "b"], ["node": "a", "boot": accents], [accents: "x"],
            ["node": "a", "boot": "b", "pool.\(accents)": "000000000000000b"],
        ] {
            rig.network.change(a) { $0.manifest = manifest }
            rig.network.pass(seconds: 400)
            rig.look()
            #expect(rig.relay.fleet.figures.failing == 1)
        }
        #expect(rig.network.lines.all.allSatisfy { $0.utf8.count < 5000 })
    }

    @Test("What a node says goes on to callers, but not without end")
    func messages() throws {
        let reply = NodeReply(code: 9, message: "a" + String(repeating: "\u{301}\u{323}", count: 500_000))
        guard case .refused(let status) = NodeVerdict(reply, to: CSI.DeleteVolumeRequest.path) else {
            Issue.record("it is a refusal")
            return
        }
        #expect(status.message.utf8.count <= 1024)
        let many = (0..<500).map { index in
            (
                FleetMap.Node(address: NodeAddress(ip: "10.0.0.\(index)", port: 1), lastListed: 0),
                CSIStatus(.failedPrecondition, String(repeating: "x", count: 1000))
            )
        }
        #expect(Relay.verdict(of: many).message.utf8.count < 2048)
        #expect(Relay.verdict(of: many).message.contains("and 496 more"))
    }
}
