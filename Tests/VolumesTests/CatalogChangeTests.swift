import Testing
import Volumes
import VolumesTestSupport

@Suite("Deleting, expanding and counting volumes")
struct CatalogChangeTests {
    private func range(_ required: ByteCount, _ limit: ByteCount = .zero) throws -> CapacityRange {
        try CapacityRange(requiredBytes: required.bytes, limitBytes: limit.bytes)
    }

    @Test("Deletion frees the promise, and a repeat is no error")
    func delete() throws {
        let driver = try FakeDriver(total: .gibibytes(10))
        let id = try driver.create("a", .block, size: .gibibytes(9))
        try driver.catalog.delete(id)
        try driver.catalog.delete(id)
        #expect(try fault { _ = try driver.catalog.volume(id) } == .missing)
        _ = try driver.create("b", .block, size: .gibibytes(9))
    }

    @Test("A volume in use stays, with its promise")
    func deleteInUse() throws {
        let driver = try FakeDriver(total: .gibibytes(10))
        let id = try driver.create("a", .block, size: .gibibytes(9))
        driver.store.hold(id.name)
        #expect(try fault { try driver.catalog.delete(id) } == .notNow)
        _ = try driver.catalog.volume(id)
        #expect(try fault { _ = try driver.create("b", .block) } == .noSpace)
    }

    @Test("A volume of a pool that is not here is not called deleted")
    func foreign() throws {
        let driver = try FakeDriver()
        let id = try known(VolumeID("ffffffffffffffff.pvc-1"))
        #expect(try fault { try driver.catalog.delete(id) } == .notNow)
        #expect(try fault { _ = try driver.catalog.volume(id) } == .missing)
        #expect(try fault { _ = try driver.catalog.expand(id, to: .any, usedAs: nil) } == .missing)
    }

    @Test("Expansion grows image and record, and a repeat changes nothing")
    func expand() throws {
        let driver = try FakeDriver()
        let id = try driver.create()
        #expect(try driver.catalog.expand(id, to: range(.gibibytes(2)), usedAs: nil).size == .gibibytes(2))
        let picture = driver.store.picture
        #expect(
            try driver.catalog.expand(id, to: range(.gibibytes(2)), usedAs: .mount()).size == .gibibytes(2))
        #expect(try driver.catalog.expand(id, to: range(.gibibytes(1)), usedAs: nil).size == .gibibytes(2))
        #expect(driver.store.picture == picture)
        #expect(try driver.catalog.image(of: id)?.size == .gibibytes(2))
    }

    @Test("A volume is never shrunk, nor used as what it is not")
    func expandRefused() throws {
        let driver = try FakeDriver()
        let id = try driver.create()
        #expect(
            try fault { _ = try driver.catalog.expand(id, to: range(.zero, .mebibytes(500)), usedAs: nil) }
                == .sizeNotServable)
        for capability in [VolumeCapability.block(), .mount(.singleNodeWriter, .xfs)] {
            #expect(
                try fault { _ = try driver.catalog.expand(id, to: range(.gibibytes(2)), usedAs: capability) }
                    == .malformed)
        }
        #expect(try driver.catalog.volume(id).size == .gibibytes(1))
    }

    @Test("Expansion beyond the pool is OUT_OF_RANGE territory and leaves the promise as it was")
    func expandTooFar() throws {
        let driver = try FakeDriver(total: .gibibytes(10))
        let id = try driver.create("a", .block, size: .gibibytes(2))
        #expect(
            try fault { _ = try driver.catalog.expand(id, to: range(.gibibytes(10)), usedAs: nil) }
                == .sizeNotServable)
        #expect(try driver.catalog.volume(id).size == .gibibytes(2))
        _ = try driver.create("b", .block, size: .gibibytes(7))
    }

    @Test(
        "A size that the file system cannot grow to is refused before anything is promised, in place and in copies"
    )
    func beyondFilesystem() throws {
        let driver = try FakeDriver()
        let id = try driver.create()
        let snapshot = try driver.cut(of: id)
        for name in [id.name, snapshot.id.name] { driver.store.bound(name, to: .gibibytes(3)) }
        let tooLarge = try complaint {
            _ = try driver.catalog.expand(id, to: range(.gibibytes(4)), usedAs: nil)
        }
        #expect(tooLarge?.contains("\(ByteCount.gibibytes(3).bytes)") == true)
        for source in [ContentSource.volume(id), .snapshot(snapshot.id)] {
            let picture = driver.store.picture
            func copy(_ size: ByteCount) throws -> FaultKind? {
                try fault {
                    _ = try driver.catalog.create(
                        CreateRequest(
                            name: "copy", range: range(size), kind: .filesystem(.ext4),
                            parameters: VolumeParameters([:]), source: source))
                }
            }
            #expect(try copy(.gibibytes(4)) == .sizeNotServable)
            #expect(driver.store.picture == picture)
            #expect(try copy(.gibibytes(3)) == nil)
            try driver.catalog.delete(VolumeID(pool: id.pool, name: known(VolumeName(folder: "copy"))))
        }
        #expect(try driver.catalog.expand(id, to: range(.gibibytes(3)), usedAs: nil).size == .gibibytes(3))
    }

    @Test("Whichever step of an expansion fails, size and promise stay, and the repeat succeeds")
    func everyStep() throws {
        for step in 1...20 {
            let driver = try FakeDriver()
            let id = try driver.create("a", .block)
            let capacity = try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil)
            let picture = driver.store.picture
            driver.store.faults.fail(step: step)
            let failure = try fault {
                _ = try driver.catalog.expand(id, to: range(.gibibytes(50)), usedAs: nil)
            }
            driver.store.faults.fail(step: nil)
            guard failure != nil else {
                #expect(step > 3)
                return
            }
            #expect(driver.store.picture == picture, "step \(step)")
            #expect(
                try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil) == capacity,
                "step \(step)")
            _ = try driver.catalog.expand(id, to: range(.gibibytes(50)), usedAs: nil)
        }
        Issue.record("expansion took more than 20 steps")
    }

    @Test(
        "GetCapacity and CreateVolume agree to the block",
        arguments: [Provisioning.thick, .thin], [1000, 1333, 2000] as [Int64])
    func capacityAgrees(provisioning: Provisioning, ratio: Int64) throws {
        let driver = try FakeDriver(
            total: ByteCount(known: (50 << 30) + 12345), provisioning: provisioning,
            policy: CapacityPolicy(reserve: .percent(5), overcommitThousandths: ratio))
        _ = try driver.create("other", .block, size: .gibibytes(3))
        let capacity = try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil).available
        #expect(capacity > .gibibytes(1))
        let more = ByteCount(known: capacity.bytes + 4096)
        #expect(try fault { _ = try driver.create("big", .block, size: more) } == .noSpace)
        _ = try driver.create("big", .block, size: capacity)
    }

    @Test("A rest that is too small for the kind counts as nothing")
    func capacityBelowMinimum() throws {
        let driver = try FakeDriver(total: .mebibytes(200))
        let xfs = try driver.catalog.capacity(VolumeParameters([:]), kind: .filesystem(.xfs), at: nil)
        #expect(xfs == Capacity(available: .zero, minimum: .mebibytes(300)))
        let ext4 = try driver.catalog.capacity(VolumeParameters([:]), kind: .filesystem(.ext4), at: nil)
        #expect(ext4 == Capacity(available: .mebibytes(190), minimum: .mebibytes(16)))
    }

    @Test("Capacity is told by pool and place, and is none elsewhere")
    func capacityByPlace() throws {
        let driver = try FakeDriver(pools: ["hdd", "nvme"])
        _ = try driver.create("a", .block, size: .gibibytes(50))
        func available(_ parameters: [String: String], _ place: Topology?) throws -> ByteCount {
            try driver.catalog.capacity(VolumeParameters(parameters), kind: .block, at: place).available
        }
        let nvme = driver.catalog.topology(of: driver.stores[1].pool.id)
        #expect(try available([:], nil) == .gibibytes(45))
        #expect(try available([:], nvme) == .gibibytes(95))
        #expect(try available(["pool": "nvme"], nil) == .gibibytes(95))
        #expect(try available(["pool": "nvme"], driver.catalog.topology) == .gibibytes(95))
        #expect(try available(["pool": "ssd"], nil) == .zero)
        #expect(try available([:], ["zone": "x"]) == .zero)
    }

    @Test("What other programs write lowers the capacity")
    func capacityReallyFree() throws {
        let driver = try FakeDriver()
        driver.store.occupy(.gibibytes(90))
        #expect(
            try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil).available
                == .gibibytes(5))
    }

    @Test("Promises are the same after a restart")
    func restart() throws {
        let driver = try FakeDriver()
        for (index, size) in ([1, 7, 13] as [Int64]).enumerated() {
            _ = try driver.create("v\(index)", .block, size: .gibibytes(size))
        }
        let again = try FakeDriver(stores: driver.stores)
        #expect(
            try again.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil)
                == driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil))
    }
}
