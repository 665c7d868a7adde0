import CSIWire
import Testing
import Volumes
import VolumesTestSupport

@testable import Relay

@Suite("Who has which pool")
struct FleetTests {
    let rig = Rig()

    private func get(_ store: FakeStore) throws -> (code: CSICode, message: String) {
        try rig.outcome(CSI.ControllerGetVolumeRequest(volumeID: "\(store.pool.id).v"))
    }

    @Test(
        "While the name has no addresses, everything is unavailable, and the first node that comes is found")
    func emptyAtStart() throws {
        let pool = try store(1)
        rig.look()
        #expect(rig.relay.fleet.isReady)
        #expect(try get(pool).code == .unavailable)
        #expect(try rig.code(Rig.volume("v")) == .unavailable)
        #expect(try rig.code(CSI.ListVolumesRequest()) == .unavailable)
        #expect(try rig.code(CSI.GetCapacityRequest()) == .unavailable)
        try rig.network.add("a", at: "10.0.0.1", pool)
        rig.look()
        #expect(try rig.code(CSI.ListVolumesRequest()) == .ok)
    }

    @Test("Until the name was resolved once, the relay is not ready; later failures change nothing")
    func brokenName() throws {
        let pool = try store(1)
        try rig.network.add("a", at: "10.0.0.1", pool)
        rig.network.breakName("no server answers")
        rig.look()
        #expect(!rig.relay.fleet.isReady)
        #expect(try get(pool).message.contains("no server answers"))
        rig.network.breakName(nil)
        rig.look()
        #expect(rig.relay.fleet.isReady)
        rig.network.breakName("no server answers")
        rig.look()
        #expect(try get(pool).code == .notFound)
        #expect(try rig.code(CSI.ListVolumesRequest()) == .ok)
    }

    @Test("Two machines that claim one pool are both refused, loudly, until one of them gives it up")
    func contested() throws {
        let (pool, other) = (try store(1), try store(2))
        try rig.network.add("a", at: "10.0.0.1", pool, try store(3, "fast"))
        rig.look()
        #expect(try get(pool).code == .notFound)
        let b = try rig.network.add("b", at: "10.0.0.2", pool)
        rig.look()
        let (code, message) = try get(pool)
        #expect(code == .unavailable)
        #expect(message.contains("a (10.0.0.1:9810) and b (10.0.0.2:9810)"))
        #expect(try rig.code(CSI.DeleteVolumeRequest(volumeID: "\(pool.pool.id).v")) == .unavailable)
        #expect(try rig.code(Rig.volume("v", requisite: [pool])) == .unavailable)
        #expect(try rig.code(CSI.ListVolumesRequest()) == .unavailable)
        #expect(pool.names.isEmpty)
        let loud = rig.network.lines.all.filter { $0.contains("level=error") }
        #expect(loud.count == 1 && loud[0].contains(pool.pool.id.text))
        // The other pool of the same node is not touched by it.
        #expect(try rig.code(CSI.ControllerGetVolumeRequest(volumeID: "0000000000000003.v")) == .notFound)
        rig.network.change(b) { $0.manifest["pool.default"] = other.pool.id.text }
        rig.look()
        #expect(try get(pool).code == .notFound)
        #expect(rig.network.lines.all.contains { $0.contains("not contested any more") })
    }

    @Test("A cloned machine, with the name of the first, is another machine")
    func clonedMachine() throws {
        let pool = try store(1)
        try rig.network.add("a", at: "10.0.0.1", boot: "one", pool)
        try rig.network.add("a", at: "10.0.0.2", boot: "two", pool)
        rig.look()
        #expect(try get(pool).code == .unavailable)
    }

    @Test("One machine under two addresses, or in the middle of an upgrade, is one machine")
    func twoAddresses() throws {
        let pool = try store(1)
        try rig.network.add("a", at: "10.0.0.1", pool)
        try rig.network.add("a", at: "fd00::1", pool)
        rig.look()
        #expect(try get(pool).code == .notFound)
        #expect(try rig.call(CSI.ListVolumesRequest()).entries.isEmpty)
    }

    @Test(
        "A machine that was rebooted or replaced under its name is the one, once the old one is gone or silent"
    )
    func replaced() throws {
        let pool = try store(1)
        let old = try rig.network.add("a", at: "10.0.0.1", boot: "one", pool)
        rig.look()
        rig.network.set(.down, old)
        let new = try rig.network.add("a", at: "10.0.0.2", boot: "two", pool)
        // Before the relay knows that the old one is down, both count.
        rig.look()
        rig.look()
        #expect(try get(pool).code == .notFound)
        #expect(rig.network.calls(of: CSI.ControllerGetVolumeRequest.path).last?.address == new)
        rig.network.list(new)
        rig.look()
        #expect(rig.relay.fleet.map.nodes.count == 1)
    }

    @Test("A shared pool may be with many, and is listed once")
    func shared() throws {
        let pool = try store(1, "nfs")
        let a = try rig.network.add("a", at: "10.0.0.1", shared: ["nfs"], pool)
        try rig.network.add("b", at: "10.0.0.2", shared: ["nfs"], pool)
        rig.look()
        let volume = try rig.create(Rig.volume("v"))
        #expect(try rig.call(CSI.ListVolumesRequest()).entries.map { $0.volume?.volumeID } == [volume])
        rig.network.set(.down, a)
        #expect(try rig.code(CSI.ControllerGetVolumeRequest(volumeID: volume)) == .ok)
    }

    @Test("Of a shared pool the node whose call failed last is asked last, before anybody looks again")
    func suspect() throws {
        let pool = try store(1, "nfs")
        let a = try rig.network.add("a", at: "10.0.0.1", shared: ["nfs"], pool)
        try rig.network.add("b", at: "10.0.0.2", shared: ["nfs"], pool)
        rig.look()
        rig.network.set(.down, a)
        #expect(try rig.code(CSI.ListVolumesRequest()) == .unavailable)
        #expect(try rig.code(CSI.ListVolumesRequest()) == .ok)
    }

    @Test("A pool that only one of its nodes calls shared is contested")
    func halfShared() throws {
        let pool = try store(1, "nfs")
        try rig.network.add("a", at: "10.0.0.1", shared: ["nfs"], pool)
        try rig.network.add("b", at: "10.0.0.2", pool)
        rig.look()
        #expect(try get(pool).code == .unavailable)
    }

    @Test("A node that leaves the name is remembered while its driver may be restarting, then forgotten")
    func restart() throws {
        let pool = try store(1)
        let a = try rig.network.add("a", at: "10.0.0.1", pool)
        try rig.network.add("b", at: "10.0.0.2", try store(2))
        rig.look()
        rig.network.set(.down, a)
        rig.network.list(NodeAddress(ip: "10.0.0.2", port: 9810))
        rig.look()
        // A list without it would be short.
        #expect(try rig.code(CSI.ListVolumesRequest()) == .unavailable)
        rig.network.pass(seconds: 130)
        rig.look()
        #expect(try rig.code(CSI.ListVolumesRequest()) == .ok)
        #expect(try get(pool).code == .unavailable)
    }

    @Test("A node that fails is asked less and less often, and others as ever")
    func backoff() throws {
        let pool = try store(1)
        let a = try rig.network.add("a", at: "10.0.0.1", pool)
        try rig.network.add("b", at: "10.0.0.2", try store(2))
        rig.network.set(.down, a)
        for _ in 0..<30 { rig.look() }
        let asked = rig.network.calls(of: CSI.GetPluginInfoRequest.path).filter { $0.address == a }.count
        #expect((6...16).contains(asked))
        rig.network.set(.well, a)
        for _ in 0..<4 { rig.look() }
        #expect(try get(pool).code == .notFound)
    }

    @Test("Another driver behind the name, or one that says nothing of itself, has no pools")
    func strangers() throws {
        let pool = try store(1)
        let a = try rig.network.add("a", at: "10.0.0.1", pool)
        rig.network.change(a) { $0.name = "other.csi" }
        rig.look()
        #expect(try get(pool).message.contains("other.csi"))
        rig.network.change(a) { host in
            host.name = "test"
            host.manifest = ["pool.default": pool.pool.id.text]
        }
        for _ in 0..<4 { rig.look() }
        #expect(try get(pool).message.contains("does not say which node it is"))
    }

    @Test("A node that has lost a pool says so itself, unless another has it now")
    func lost() throws {
        let pool = try store(1)
        let a = try rig.network.add("a", at: "10.0.0.1", pool)
        rig.look()
        pool.setTrouble("the disk is gone")
        rig.network.change(a) { $0.manifest["lost-pools"] = "default" }
        rig.network.pass(seconds: 301)
        rig.look()
        #expect(try get(pool).message.contains("the disk is gone"))
        #expect(try rig.code(CSI.ListVolumesRequest()) == .unavailable)
        let moved = try store(1)
        try rig.network.add("b", at: "10.0.0.2", moved)
        rig.look()
        #expect(try get(pool).code == .notFound)
        #expect(try rig.code(CSI.ListVolumesRequest()) == .ok)
    }
}
