import Testing
import Volumes
import VolumesTestSupport

@Suite("Creating volumes")
struct CatalogCreateTests {
    private func request(
        _ name: String = "pvc-1", required: ByteCount = .gibibytes(1), limit: ByteCount = .zero,
        kind: VolumeKind = .filesystem(.ext4), parameters: [String: String] = [:], requisite: [Topology] = [],
        preferred: [Topology] = []
    ) throws -> CreateRequest {
        try CreateRequest(
            name: name, range: CapacityRange(requiredBytes: required.bytes, limitBytes: limit.bytes),
            kind: kind,
            parameters: VolumeParameters(parameters), requisite: requisite, preferred: preferred)
    }

    private func segment(_ driver: FakeDriver, _ pool: Int) -> Topology {
        driver.catalog.topology(of: driver.stores[pool].pool.id)
    }

    @Test("A volume is what was asked for")
    func content() throws {
        let driver = try FakeDriver()
        let record = try driver.catalog.create(
            request(kind: .filesystem(.xfs), parameters: ["provisioning": "thin", "mkfsOptions": "-L x"]))
        #expect("\(record.id)" == "0000000000000001.pvc-1")
        #expect(record.size == .gibibytes(1))
        #expect(record.kind == .filesystem(.xfs))
        #expect(record.provisioning == .thin)
        #expect(record.sectorBytes == 4096)
        #expect(record.created == "2026-01-02T03:04:05Z")
        #expect(try driver.catalog.volume(record.id) == record)
    }

    @Test(
        "The pool decides how volumes are provisioned that do not say",
        arguments: [Provisioning.thick, .thin])
    func provisioning(usual: Provisioning) throws {
        let driver = try FakeDriver(provisioning: usual)
        #expect(try driver.catalog.create(request()).provisioning == usual)
    }

    @Test("An equal request again finds the same volume and makes nothing")
    func idempotent() throws {
        let driver = try FakeDriver()
        let first = try driver.catalog.create(request())
        let picture = driver.store.picture
        #expect(try driver.catalog.create(request()) == first)
        #expect(try driver.catalog.create(request(required: .mebibytes(500))) == first)
        #expect(try driver.catalog.create(request(limit: .gibibytes(2))) == first)
        #expect(driver.store.picture == picture)
    }

    @Test("After a restart the volume is found as well")
    func restart() throws {
        let driver = try FakeDriver()
        let first = try driver.catalog.create(request())
        #expect(try FakeDriver(stores: driver.stores).catalog.create(request()) == first)
    }

    @Test("The same name for something else is refused")
    func different() throws {
        let driver = try FakeDriver(pools: ["default", "other"])
        _ = try driver.catalog.create(request(parameters: ["pool": "default"]))
        let picture = driver.store.picture
        for other in [
            try request(required: .gibibytes(2), parameters: ["pool": "default"]),
            try request(required: .mebibytes(100), limit: .mebibytes(200), parameters: ["pool": "default"]),
            try request(kind: .filesystem(.xfs), parameters: ["pool": "default"]),
            try request(kind: .block, parameters: ["pool": "default"]),
            try request(parameters: ["pool": "default", "provisioning": "thin"]),
            try request(parameters: ["pool": "other"]),
            try request(),
            try request(parameters: ["pool": "default"], requisite: [segment(driver, 1)]),
        ] {
            #expect(try fault { _ = try driver.catalog.create(other) } == .existsDifferently)
        }
        #expect(driver.store.picture == picture)
        #expect(try driver.stores[1].names().isEmpty)
    }

    @Test("Two names with one folder are two volumes or a refusal, never one volume")
    func collision() throws {
        let driver = try FakeDriver()
        let upper = try driver.catalog.create(request("PVC"))
        #expect(try driver.catalog.create(request("pvc")).id != upper.id)
        #expect(try driver.catalog.create(request(upper.id.name.text)).id != upper.id)
    }

    @Test("The default pool serves who says nothing; a named pool serves its own")
    func pools() throws {
        let driver = try FakeDriver(pools: ["hdd", "nvme"])
        #expect(try driver.catalog.create(request("a")).id.pool == driver.stores[0].pool.id)
        #expect(
            try driver.catalog.create(request("b", parameters: ["pool": "nvme"])).id.pool
                == driver.stores[1].pool.id)
        #expect(
            try fault { _ = try driver.catalog.create(request("c", parameters: ["pool": "ssd"])) } == .noSpace
        )
    }

    @Test("The topology chooses the pool, the preferred one first")
    func topology() throws {
        let driver = try FakeDriver(pools: ["hdd", "nvme"])
        let (hdd, nvme) = (segment(driver, 0), segment(driver, 1))
        let both = hdd.merging(nvme) { first, _ in first }
        let elsewhere = ["topology.test/pool.hdd": "ffffffffffffffff"]
        func place(
            _ name: String, _ requisite: [Topology], _ preferred: [Topology],
            _ parameters: [String: String] = [:]
        ) throws -> PoolID {
            try driver.catalog.create(
                request(name, parameters: parameters, requisite: requisite, preferred: preferred)
            ).id.pool
        }
        let (first, second) = (driver.stores[0].pool.id, driver.stores[1].pool.id)
        #expect(try place("a", [nvme], []) == second)
        #expect(try place("b", [hdd, nvme], [nvme, hdd]) == second)
        #expect(try place("c", [], [nvme]) == second)
        #expect(try place("d", [elsewhere, nvme], [elsewhere]) == second)
        #expect(try place("e", [both], [both]) == first)
        #expect(try place("f", [both], [both], ["pool": "nvme"]) == second)
        #expect(try place("g", [hdd], [nvme]) == first)
        #expect(try fault { _ = try place("h", [elsewhere], []) } == .noSpace)
        #expect(try fault { _ = try place("i", [["zone": "a"]], []) } == .noSpace)
        #expect(try fault { _ = try place("j", [hdd], [], ["pool": "nvme"]) } == .noSpace)
    }

    @Test("The place of a repeat is compared, its preference is not")
    func repeatElsewhere() throws {
        let driver = try FakeDriver(pools: ["hdd", "nvme"])
        let (hdd, nvme) = (segment(driver, 0), segment(driver, 1))
        let made = try driver.catalog.create(request(requisite: [hdd, nvme], preferred: [nvme]))
        #expect(try driver.catalog.create(request(requisite: [hdd, nvme], preferred: [hdd])) == made)
        #expect(try fault { _ = try driver.catalog.create(request(requisite: [hdd])) } == .existsDifferently)
    }

    @Test("Whichever step fails, nothing is left, and the repeat succeeds")
    func everyStep() throws {
        let clean = try FakeDriver()
        let untouched = try clean.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil)
        for step in 1...20 {
            let driver = try FakeDriver()
            let before = driver.store.picture
            driver.store.faults.fail(step: step)
            let failure = try fault { _ = try driver.catalog.create(request()) }
            guard failure != nil else {
                #expect(step > 4, "too few steps were tried: \(driver.store.faults.names)")
                return
            }
            driver.store.faults.fail(step: nil)
            #expect(failure == .host, "step \(step)")
            #expect(driver.store.picture == before, "step \(step)")
            #expect(try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil) == untouched)
            _ = try driver.catalog.create(request())
        }
        Issue.record("creation took more than 20 steps")
    }

    @Test("Deleted volumes give their room back before creation gives up")
    func reclaim() throws {
        let driver = try FakeDriver(total: .gibibytes(10))
        let old = try driver.create("old", .block, size: .gibibytes(9))
        try driver.catalog.delete(old)
        #expect(driver.store.trash == .gibibytes(9))
        _ = try driver.create("new", .block, size: .gibibytes(9))
        #expect(driver.store.trash == .zero)
    }

    @Test("A pool that is full refuses and stays as it is")
    func full() throws {
        let driver = try FakeDriver(total: .gibibytes(10))
        #expect(try fault { _ = try driver.create("a", .block, size: .gibibytes(10)) } == .noSpace)
        _ = try driver.create("b", .block, size: .gibibytes(9))
        #expect(try fault { _ = try driver.create("c", .block, size: .gibibytes(1)) } == .noSpace)
        #expect(try driver.store.names().map(\.text) == ["b"])
    }

    @Test("A pool whose disk went away refuses work")
    func poolGone() throws {
        let driver = try FakeDriver()
        driver.store.setTrouble("its disk is not mounted")
        #expect(try fault { _ = try driver.create() } == .notNow)
        #expect(try fault { try driver.catalog.check() } == .notNow)
        driver.store.setTrouble(nil)
        try driver.catalog.check()
        _ = try driver.create()
    }

    @Test("Options for mkfs that do not suit the kind are refused before anything happens")
    func mkfsOptions() throws {
        let driver = try FakeDriver()
        #expect(
            try fault { _ = try driver.create("a", .block, parameters: ["mkfsOptions": "-L x"]) }
                == .malformed)
        #expect(try driver.store.names().isEmpty)
    }
}
