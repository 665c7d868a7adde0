import Testing
import Volumes
import VolumesTestSupport

/// Two pools, "a" the default one and "b", as a driver has them that waits for them.
@Suite("Pools that come late")
struct LatePoolTests {
    private let driver: FakeDriver
    private let a: FakeStore
    private let b: FakeStore

    init() throws {
        driver = try FakeDriver(pools: ["a", "b"])
        (a, b) = (driver.stores[0], driver.stores[1])
    }

    private func expect(a id: PoolID?) throws {
        driver.catalog.expect([
            AbsentPool(name: a.pool.name, id: id, why: "its disk hangs"),
            AbsentPool(name: b.pool.name, id: b.pool.id, why: "it is being opened"),
        ])
        try driver.catalog.take(b, .standard)
    }

    private func create(
        _ name: String, pool: String? = nil, at topology: Topology? = nil
    ) throws -> VolumeID {
        try driver.catalog.create(
            CreateRequest(
                name: name, range: CapacityRange(requiredBytes: 1 << 30, limitBytes: 0),
                kind: .filesystem(.ext4), parameters: VolumeParameters(pool.map { ["pool": $0] } ?? [:]),
                requisite: topology.map { [$0] } ?? [])
        ).id
    }

    @Test(
        "What belongs into the default pool goes nowhere else while that is set aside",
        arguments: [true, false])
    func defaultPool(isKnown: Bool) throws {
        try expect(a: isKnown ? a.pool.id : nil)
        for pool in [nil, "a"] {
            let refusal = #expect(throws: VolumeFault.self) { _ = try create("v", pool: pool) }
            #expect(refusal.map(FaultKind.init) == .noSpace)
            #expect(refusal?.summary.contains("pool a is set aside: its disk hangs") == true)
        }
        #expect(try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil).available == .zero)
        #expect(try create("v", pool: "b").pool == b.pool.id)
        let here: Topology = ["topology.test/pool.b": b.pool.id.text]
        #expect(try create("w", at: here).pool == b.pool.id)
        #expect(try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: here).available > .zero)
        // All that the node has, as a scheduler tells it.
        let whole = here.merging(["topology.test/pool.a": a.pool.id.text]) { $1 }
        #expect(try fault { _ = try create("x", at: whole) } == .noSpace)
        try driver.catalog.take(a, .standard)
        #expect(try create("x", at: whole).pool == a.pool.id)
        #expect(try create("y").pool == a.pool.id)
    }

    @Test("An object of a pool that is set aside is neither missing nor deleted", arguments: [true, false])
    func objects(isKnown: Bool) throws {
        let id = try driver.create("v", parameters: ["pool": "a"])
        let snapshot = try driver.cut("s", of: id).id
        try expect(a: isKnown ? a.pool.id : nil)
        for work: () throws -> Void in [
            { _ = try driver.catalog.volume(id) }, { try driver.catalog.delete(id) },
            {
                _ = try driver.catalog.expand(
                    id, to: CapacityRange(requiredBytes: 2 << 30, limitBytes: 0), usedAs: nil)
            },
            { _ = try driver.cut("t", of: id) }, { _ = try driver.catalog.snapshot(snapshot) },
            { try driver.catalog.delete(snapshot) }, { _ = try driver.catalog.image(of: id) },
            { _ = try driver.catalog.listSnapshots(of: id, after: nil, limit: nil) },
        ] { #expect(try fault(work) == .setAside) }
        try driver.catalog.take(a, .standard)
        #expect(try driver.catalog.volume(id).id == id)
        try driver.catalog.delete(snapshot)
        try driver.catalog.delete(id)
    }

    @Test("What no pool can ever have held is missing once all pools are known")
    func strangers() throws {
        let stranger = try known(VolumeID("ffffffffffffffff.v"))
        try expect(a: nil)
        #expect(try fault { _ = try driver.catalog.volume(stranger) } == .setAside)
        driver.catalog.setAside(AbsentPool(name: a.pool.name, id: a.pool.id, why: "its disk hangs"))
        #expect(try fault { _ = try driver.catalog.volume(stranger) } == .missing)
        #expect(try fault { try driver.catalog.delete(stranger) } == .notNow)
    }

    @Test("A pool keeps its place in the order and its segment, whenever it comes")
    func order() throws {
        try expect(a: a.pool.id)
        let whole = ["topology.test/pool.a": a.pool.id.text, "topology.test/pool.b": b.pool.id.text]
        #expect(driver.catalog.topology == whole)
        try driver.catalog.take(a, .standard)
        #expect(driver.catalog.topology == whole)
        #expect(try driver.create("v").pool == a.pool.id)
        driver.catalog.setAside(AbsentPool(name: a.pool.name, id: nil, why: "gone"))
        #expect(driver.catalog.topology == ["topology.test/pool.b": b.pool.id.text])
    }

    @Test("Lists tell what is to be seen; of nothing at all they tell why")
    func lists() throws {
        _ = try driver.create("v", parameters: ["pool": "a"])
        let id = try driver.create("w", parameters: ["pool": "b"])
        try expect(a: a.pool.id)
        #expect(try driver.catalog.list(after: nil, limit: nil).volumes.map(\.id) == [id])
        driver.catalog.setAside(AbsentPool(name: b.pool.name, id: b.pool.id, why: "its disk hangs as well"))
        #expect(try fault { _ = try driver.catalog.list(after: nil, limit: nil) } == .setAside)
        #expect(try fault { try driver.catalog.check() } == .setAside)
        try driver.catalog.take(b, .standard)
        try driver.catalog.check()
    }

    @Test("A pool with the identity of another one is not served beside it")
    func twins() throws {
        try expect(a: nil)
        let copy = FakeStore(
            id: b.pool.id, name: a.pool.name, total: .gibibytes(10), defaultProvisioning: .thin)
        #expect(try fault { try driver.catalog.take(copy, .standard) } == .setAside)
        #expect(try create("v", pool: "b").pool == b.pool.id)
    }

    @Test("The disk of a pool that a request has nothing to do with is left alone")
    func untouched() throws {
        let steps = a.faults.names.count
        _ = try create("v", pool: "b")
        #expect(a.faults.names.count == steps, "\(a.faults.names)")
    }
}
