import Synchronization
import Testing
import Volumes
import VolumesTestSupport

@Suite("Objects that are torn")
struct TornObjectTests {
    private func volumes(_ driver: FakeDriver) throws -> [String] {
        try driver.catalog.list(after: nil, limit: nil).volumes.map(\.id.name.text)
    }

    private func snapshots(_ driver: FakeDriver) throws -> [String] {
        try driver.catalog.listSnapshots(of: nil, after: nil, limit: nil).snapshots.map(\.id.name.text)
    }

    private func available(_ driver: FakeDriver) throws -> ByteCount {
        try driver.catalog.capacity(VolumeParameters([:]), kind: .block, at: nil).available
    }

    @Test(
        "A torn volume is set aside alone, whether it tore before the start or after",
        arguments: [true, false])
    func volume(beforeStart: Bool) throws {
        var driver = try FakeDriver()
        let torn = try driver.create("torn", .block)
        let other = try driver.create("other", .block)
        let room = try available(driver)
        driver.store.tear(.volume(torn.name), "volume.json is empty")
        if beforeStart { driver = try FakeDriver(stores: driver.stores) }
        let before = driver.store.picture
        #expect(try volumes(driver) == ["other"])
        #expect(try available(driver) == room)
        #expect(try fault { _ = try driver.create("torn", .block) } == .setAside)
        #expect(try fault { try driver.catalog.delete(torn) } == .setAside)
        #expect(try fault { _ = try driver.catalog.volume(torn) } == .setAside)
        #expect(try fault { _ = try driver.cut(of: torn) } == .setAside)
        #expect(
            try fault {
                _ = try driver.catalog.expand(
                    torn, to: CapacityRange(requiredBytes: 2 << 30, limitBytes: 0), usedAs: nil)
            } == .setAside)
        #expect(driver.store.picture == before)
        #expect(driver.catalog.tornObjects(inPool: torn.pool).map(\.key) == [.volume(torn.name)])
        _ = try driver.cut(of: other)
        try driver.catalog.delete(other)
        _ = try driver.create("another", .block)
        #expect(try volumes(driver) == ["another"])
    }

    @Test("What a person mends is served at the next look, without a restart")
    func mended() throws {
        var driver = try FakeDriver()
        let torn = try driver.create("torn", .block)
        driver.store.tear(.volume(torn.name), "volume.json is empty")
        driver = try FakeDriver(stores: driver.stores)
        #expect(try volumes(driver) == [])
        driver.store.tear(.volume(torn.name), nil)
        #expect(try driver.catalog.volume(torn).id == torn)
        #expect(try volumes(driver) == ["torn"])
        #expect(driver.catalog.tornObjects(inPool: torn.pool).isEmpty)
        try driver.catalog.delete(torn)
        #expect(try volumes(driver) == [])
    }

    @Test("A torn object is told once, and once more when it is whole")
    func told() throws {
        let driver = try FakeDriver()
        let torn = try driver.create("torn", .block)
        let heard = Mutex<[String]>([])
        let catalog = try Catalog(
            pools: [(driver.store, .standard)], quieter: FakeQuieter(), inFlight: InFlight(),
            topologyPrefix: "t", sha256Hex: fakeDigest, now: { "" }, moment: { Moment(nanoseconds: 0) },
            onTorn: { change in heard.withLock { $0.append("\(change.object.key) \(change.isMended)") } })
        driver.store.tear(.volume(torn.name), "volume.json is empty")
        for _ in 0..<3 {
            #expect(throws: VolumeFault.self) { try catalog.volume(torn) }
            _ = try catalog.list(after: nil, limit: nil)
        }
        driver.store.tear(.volume(torn.name), nil)
        for _ in 0..<3 { _ = try catalog.list(after: nil, limit: nil) }
        driver.store.tear(.volume(torn.name), "volume.json is empty")
        _ = try catalog.list(after: nil, limit: nil)
        driver.store.tear(.volume(torn.name), nil)
        driver.store.loseRecord(torn.name)
        _ = try catalog.list(after: nil, limit: nil)
        let name = "volume \(torn.name)"
        #expect(heard.withLock { $0 } == ["\(name) false", "\(name) true", "\(name) false", "\(name) true"])
    }

    @Test("A torn snapshot is set aside alone, and what overwriting its blocks may cost stays set aside")
    func snapshot() throws {
        var driver = try FakeDriver()
        let id = try driver.create("a", .block, size: .gibibytes(20))
        let torn = try driver.cut("torn", of: id)
        let room = try available(driver)
        driver.store.tear(.snapshot(torn.id.name), "snapshot.json is empty")
        #expect(try snapshots(driver) == [])
        #expect(try available(driver) == room)
        driver = try FakeDriver(stores: driver.stores)
        #expect(try snapshots(driver) == [])
        #expect(try fault { _ = try driver.cut("torn", of: id) } == .setAside)
        #expect(try fault { try driver.catalog.delete(torn.id) } == .setAside)
        #expect(try fault { _ = try driver.catalog.snapshot(torn.id) } == .setAside)
        _ = try driver.cut("whole", of: id)
        #expect(try snapshots(driver) == ["whole"])
    }

    @Test("Members of a torn group are listed and restored; the group is neither deleted nor made anew")
    func group() throws {
        var driver = try FakeDriver()
        let ids = [try driver.create("a", .block), try driver.create("b", .block)]
        let request = try GroupRequest(name: "g", sourceVolumeIDs: ids.map { "\($0)" })
        let group = try driver.catalog.cut(request)
        let members = group.members.map { "\($0.id)" }
        driver.store.tear(.group(group.id.name), "group.json is empty")
        for _ in 0..<2 {
            #expect(try snapshots(driver) == group.members.map(\.id.name.text))
            #expect(try fault { _ = try driver.catalog.cut(request) } == .setAside)
            #expect(try fault { try driver.catalog.delete(group.id, snapshotIDs: members) } == .setAside)
            #expect(try fault { _ = try driver.catalog.group(group.id, snapshotIDs: members) } == .setAside)
            #expect(driver.catalog.tornObjects(inPool: group.id.pool).map(\.key) == [.group(group.id.name)])
            driver = try FakeDriver(stores: driver.stores)
        }
        driver.store.tear(.group(group.id.name), nil)
        driver.store.tear(.snapshot(group.members[0].id.name), "snapshot.json is empty")
        #expect(try fault { try driver.catalog.delete(group.id, snapshotIDs: members) } == .setAside)
        #expect(try snapshots(driver) == [group.members[1].id.name.text])
        driver.store.tear(.snapshot(group.members[0].id.name), nil)
        try driver.catalog.delete(group.id, snapshotIDs: members)
        #expect(try snapshots(driver) == [])
    }

    @Test("A record that is larger than its image is set aside, and so is nothing else")
    func short() throws {
        let driver = try FakeDriver()
        let id = try driver.create("a", .block)
        _ = try driver.create("b", .block)
        driver.store.truncateImage(id.name, to: .mebibytes(5))
        #expect(try volumes(driver) == ["b"])
        #expect(try fault { _ = try driver.catalog.volume(id) } == .setAside)
    }

    @Test("A torn volume counts with the size of its image, and no promise is made twice")
    func counts() throws {
        var driver = try FakeDriver(total: .gibibytes(100))
        let thin = try driver.create(
            "thin", .block, size: .gibibytes(60), parameters: ["provisioning": "thin"])
        let room = try available(driver)
        driver.store.tear(.volume(thin.name), "volume.json is empty")
        driver = try FakeDriver(stores: driver.stores)
        #expect(try available(driver) == room)
        #expect(try fault { _ = try driver.create("b", .block, size: .gibibytes(60)) } == .noSpace)
    }

    @Test("A growth by a driver that runs beside this one counts with the next promise")
    func growthBeside() throws {
        let old = try FakeDriver()
        let id = try old.create("a", .block, size: .gibibytes(10), parameters: ["provisioning": "thin"])
        let new = try FakeDriver(stores: old.stores)
        for size: Int64 in [20, 40, 70] {
            _ = try new.catalog.expand(
                id, to: CapacityRange(requiredBytes: size << 30, limitBytes: 0), usedAs: nil)
            #expect(try available(old) == available(new))
        }
        #expect(try fault { _ = try old.create("b", .block, size: .gibibytes(60)) } == .noSpace)
        // Only what has grown is read again.
        let reads = old.store.faults.names.filter { $0 == "volumes" }.count
        _ = try available(old)
        #expect(old.store.faults.names.filter { $0 == "volumes" }.count == reads)
    }
}
