import Testing
import Volumes
import VolumesTestSupport

@Suite("Snapshots and copies in the catalog")
struct CatalogSnapshotTests {
    private let driver: FakeDriver

    init() throws { driver = try FakeDriver(total: .gibibytes(100)) }

    private func request(
        _ source: ContentSource, name: String = "copy", required: ByteCount = .gibibytes(1),
        limit: ByteCount = .zero, _ kind: VolumeKind = .filesystem(.ext4), takesAny: Bool = false,
        parameters: [String: String] = [:]
    ) throws -> CreateRequest {
        let range =
            required == .zero && limit == .zero
            ? .any : try CapacityRange(requiredBytes: required.bytes, limitBytes: limit.bytes)
        return try CreateRequest(
            name: name, range: range, kind: kind, takesAnyFilesystem: takesAny,
            parameters: VolumeParameters(parameters), source: source)
    }

    private func available(_ driver: FakeDriver? = nil) throws -> ByteCount {
        try (driver ?? self.driver).catalog.capacity(VolumeParameters([:]), kind: .block, at: nil).available
    }

    @Test("A snapshot remembers what it was cut from, and the repeat of the call finds it with its moment")
    func cut() throws {
        let id = try driver.create("pvc", .filesystem(.xfs), parameters: ["provisioning": "thick"])
        let snapshot = try driver.cut(of: id)
        #expect(snapshot.source == id && snapshot.size == .gibibytes(1) && snapshot.kind == .filesystem(.xfs))
        #expect(snapshot.commitment == .gibibytes(1))
        #expect(driver.quieter.events == ["frozen pvc", "on pvc"])
        #expect(try driver.cut(of: id) == snapshot)
        #expect(driver.quieter.events.count == 2)
        #expect(try driver.catalog.snapshot(snapshot.id) == snapshot)
        try driver.catalog.delete(id)
        #expect(try driver.cut(of: id) == snapshot)
        #expect(try fault { _ = try driver.cut("other", of: id) } == .missing)
    }

    @Test("The same name for another source is refused")
    func otherSource() throws {
        let a = try driver.create("a")
        let b = try driver.create("b")
        _ = try driver.cut(of: a)
        #expect(try fault { _ = try driver.cut(of: b) } == .existsDifferently)
    }

    @Test("A failure at any step leaves pool and promises as they were, and the repeat succeeds")
    func failures() throws {
        let id = try driver.create()
        let before = driver.store.picture
        let room = try available()
        driver.store.faults.fail(step: nil)
        let first = try driver.cut(of: id)
        let steps = driver.store.faults.names
        try driver.catalog.delete(first.id)
        _ = try driver.store.reclaim()
        // Where only the look at the folders fails, the snapshot is there and the next list looks again.
        for step in 1...steps.count where steps[step - 1] != "stamp" {
            driver.store.faults.fail(step: step)
            #expect(try fault { _ = try driver.cut(of: id) } == .host, "step \(step)")
            driver.store.faults.fail(step: nil)
            #expect(driver.store.picture == before)
            #expect(try available() == room)
            #expect(driver.inFlight.count == 0)
        }
        driver.quieter.faults.fail(step: 1, with: .notNow("too long"))
        #expect(try fault { _ = try driver.cut(of: id) } == .notNow)
        #expect(try available() == room)
        _ = try driver.cut(of: id)
    }

    @Test("A thick volume's snapshot costs its size, a thin one's what it holds, also after a start")
    func ledger() throws {
        let thick = try driver.create("thick", parameters: ["provisioning": "thick"])
        let thin = try driver.create("thin", parameters: ["provisioning": "thin"])
        let room = try available()
        let snapshot = try driver.cut(of: thick)
        #expect(try available() == room.minus(.gibibytes(1)))
        _ = try driver.cut("none", of: thin)
        #expect(try available() == room.minus(.gibibytes(1)))
        #expect(try available(FakeDriver(stores: driver.stores)) == room.minus(.gibibytes(1)))
        try driver.catalog.delete(snapshot.id)
        try driver.catalog.delete(snapshot.id)
        _ = try driver.store.reclaim()
        #expect(try available() == room)
    }

    @Test("A snapshot without room is refused, and nothing is copied")
    func full() throws {
        let id = try driver.create("big", .block, size: .gibibytes(60))
        #expect(try fault { _ = try driver.cut(of: id) } == .noSpace)
        #expect(driver.quieter.events.isEmpty)
    }

    @Test("A copy has its source's size at least, and its kind")
    func copies() throws {
        let id = try driver.create("pvc", .filesystem(.xfs), size: .gibibytes(2))
        let snapshot = try driver.cut(of: id)
        for source in [ContentSource.snapshot(snapshot.id), .volume(id)] {
            func ends(_ request: CreateRequest) throws -> FaultKind? {
                try fault { _ = try driver.catalog.create(request) }
            }
            #expect(try ends(request(source, .filesystem(.xfs))) == .sizeNotServable)
            #expect(
                try ends(request(source, required: .zero, limit: .gibibytes(1), .filesystem(.xfs)))
                    == .sizeNotServable)
            #expect(try ends(request(source, required: .gibibytes(2), .block)) == .malformed)
            #expect(try ends(request(source, required: .gibibytes(2), .filesystem(.ext4))) == .malformed)
            #expect(driver.store.picture.contains("copy") == false)
        }
        let same = try driver.catalog.create(
            request(.volume(id), name: "same", required: .zero, takesAny: true))
        #expect(same.size == .gibibytes(2) && same.kind == .filesystem(.xfs) && same.source == .volume(id))
        let larger = try driver.catalog.create(
            request(.snapshot(snapshot.id), name: "larger", required: .gibibytes(3), .filesystem(.xfs)))
        #expect(larger.size == .gibibytes(3))
        #expect(driver.quieter.events.suffix(2) == ["frozen pvc", "on pvc"])
        #expect(
            try fault {
                _ = try driver.catalog.create(
                    request(.volume(id), name: "larger", required: .gibibytes(3), .filesystem(.xfs)))
            } == .existsDifferently)
    }

    @Test(
        "A source that never was is missing; one in a pool that is elsewhere lets the scheduler try another node"
    )
    func sources() throws {
        let driver = try FakeDriver(pools: ["hdd", "nvme"])
        let id = try driver.create()
        let name = try known(VolumeName(folder: "nobody"))
        let elsewhere = try known(PoolID("00000000000000aa"))
        func ends(_ source: ContentSource, _ parameters: [String: String] = [:]) throws -> FaultKind? {
            try fault { _ = try driver.catalog.create(request(source, parameters: parameters)) }
        }
        #expect(try ends(.volume(VolumeID(pool: id.pool, name: name))) == .missing)
        #expect(try ends(.snapshot(SnapshotID(pool: id.pool, name: name))) == .missing)
        #expect(try ends(.volume(VolumeID(pool: elsewhere, name: name))) == .noSpace)
        #expect(try ends(.snapshot(SnapshotID(pool: elsewhere, name: name))) == .noSpace)
        #expect(try ends(.volume(id), ["pool": "nvme"]) == .noSpace)
        let itself = VolumeID(pool: id.pool, name: try known(VolumeName(folder: "copy")))
        #expect(try ends(.volume(itself)) == .missing)
        #expect(driver.inFlight.count == 0)
    }

    @Test("Nothing else runs on a source while it is copied, but several copies of one snapshot do")
    func inFlight() throws {
        let id = try driver.create()
        let snapshot = try driver.cut(of: id)
        let copy = try request(.snapshot(snapshot.id))
        try driver.inFlight.withExclusive(.volume(id.name)) { () throws(VolumeFault) in
            #expect(
                kind { () throws(VolumeFault) in
                    _ = try driver.catalog.cut(.init(name: "s", source: id, consistency: .crash))
                } == .operationPending)
        }
        try driver.inFlight.withShared(.snapshot(snapshot.id.name)) { () throws(VolumeFault) in
            #expect(
                kind { () throws(VolumeFault) in try driver.catalog.delete(snapshot.id) } == .operationPending
            )
            #expect(kind { () throws(VolumeFault) in _ = try driver.catalog.create(copy) } == nil)
        }
        try driver.catalog.delete(snapshot.id)
    }

    private func kind(_ body: () throws(VolumeFault) -> Void) -> FaultKind? {
        do throws(VolumeFault) {
            try body()
            return nil
        } catch { return FaultKind(error) }
    }

    @Test("Pages hold every snapshot once, whatever is deleted between them")
    func pages() throws {
        let a = try driver.create("a")
        let b = try driver.create("b")
        let all = try (1...5).map { try driver.cut("s\($0)", of: $0 == 3 ? b : a) }
        let first = try driver.catalog.listSnapshots(of: nil, after: nil, limit: 2)
        #expect(
            first.snapshots == Array(all[..<2])
                && first.next == ListToken(pool: all[1].id.pool, after: all[1].id.name))
        try driver.catalog.delete(all[1].id)
        let rest = try driver.catalog.listSnapshots(of: nil, after: first.next, limit: nil)
        #expect(rest.snapshots == Array(all[2...]) && rest.next == nil)
        #expect(try driver.catalog.listSnapshots(of: b, after: nil, limit: nil).snapshots == [all[2]])
    }
}
