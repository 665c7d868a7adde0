import Synchronization
import Testing
import Volumes
import VolumesTestSupport

@Suite("A pool that other nodes have too")
struct SharedPoolTests {
    private let store: FakeStore
    private let here: FakeDriver
    private let there: FakeDriver

    init() throws {
        store = FakeStore(
            id: try known(PoolID("0000000000000001")), name: try known(PoolName("default")), isShared: true)
        here = try FakeDriver(stores: [store])
        there = try FakeDriver(stores: [store])
    }

    private func available(_ driver: FakeDriver, _ parameters: [String: String] = [:]) throws -> ByteCount {
        try driver.catalog.capacity(
            VolumeParameters(parameters), kind: .block, at: nil
        ).available
    }

    private func promises() throws {
        let thin = ["provisioning": "thin"]
        #expect(try available(here) == available(there))
        #expect(try available(here, thin) == available(there, thin))
    }

    @Test("What is made, grown, cut and deleted on one node counts on the other at once")
    func books() throws {
        let whole = try available(here)
        let id = try there.create("a", size: .gibibytes(10), parameters: ["provisioning": "thin"])
        try promises()
        #expect(try available(here) < whole)
        let range = try CapacityRange(requiredBytes: 20 << 30, limitBytes: 0)
        _ = try there.catalog.expand(id, to: range, usedAs: nil)
        try promises()
        // Alone the growth changes no name; with a volume of this node's own the two are not mixed up.
        _ = try there.catalog.expand(
            id, to: try CapacityRange(requiredBytes: 30 << 30, limitBytes: 0), usedAs: nil)
        _ = try here.create("b", size: .gibibytes(1))
        try promises()
        let snapshot = try here.cut("s", of: id)
        try promises()
        try there.catalog.delete(snapshot.id)
        try here.catalog.delete(id)
        try promises()
        #expect(try there.catalog.list(after: nil, limit: nil).volumes.map(\.id.name.text) == ["b"])
    }

    @Test("No more is promised than the pool has, whichever node is asked")
    func full() throws {
        _ = try there.create("a", size: .gibibytes(60))
        #expect(try fault { _ = try here.create("b", size: .gibibytes(60)) } == .noSpace)
        _ = try here.create("c", size: .gibibytes(20))
        #expect(try fault { _ = try there.create("d", size: .gibibytes(20)) } == .noSpace)
    }

    @Test("A driver that runs beside another one for the time of an upgrade promises what is left")
    func overlap() throws {
        let old = try FakeDriver()
        let new = try FakeDriver(stores: old.stores)
        let id = try old.create("a", size: .gibibytes(60))
        #expect(try available(new) == available(old))
        #expect(try fault { _ = try new.create("b", size: .gibibytes(60)) } == .noSpace)
        try new.catalog.delete(id)
        #expect(try available(new) == available(old))
        _ = try old.create("c", size: .gibibytes(30))
        _ = try new.cut("s", of: old.catalog.list(after: nil, limit: nil).volumes[0].id)
        #expect(try available(new) == available(old))
    }

    /// A catalog on which the body runs between the look for a volume of that name and its creation.
    private func racing(_ body: @escaping @Sendable () -> Void) throws -> Catalog {
        try Catalog(
            pools: [(store, .standard)], quieter: FakeQuieter(), inFlight: InFlight(),
            topologyPrefix: "topology.test", sha256Hex: fakeDigest,
            now: {
                body()
                return "2026-01-02T03:04:05Z"
            }, moment: { Moment(nanoseconds: 1) })
    }

    private func request(size: ByteCount) throws -> CreateRequest {
        try CreateRequest(
            name: "a", range: CapacityRange(requiredBytes: size.bytes, limitBytes: 0), kind: .block,
            parameters: VolumeParameters([:]))
    }

    @Test("Who loses the race for a name answers with the winner's volume, or that it is another one")
    func sameName() throws {
        let there = there
        let created = Mutex<[VolumeID]>([])
        let catalog = try racing {
            do {
                let id = try there.create("a", .block, size: .gibibytes(2))
                created.withLock { $0.append(id) }
            } catch {
                Issue.record(error)
            }
        }
        let mine = try catalog.create(try request(size: .gibibytes(2)))
        #expect(created.withLock { $0 } == [mine.id])
        try there.catalog.delete(mine.id)
        #expect(try fault { _ = try catalog.create(try request(size: .gibibytes(3))) } == .existsDifferently)
        #expect(try there.catalog.list(after: nil, limit: nil).volumes.map(\.size) == [.gibibytes(2)])
    }

    @Test("What another node does while this one builds is seen, also if it leaves as many volumes as before")
    func meanwhile() throws {
        let there = there
        let old = try there.create("old")
        let catalog = try racing {
            do {
                _ = try there.create("new", size: .gibibytes(2))
                try there.catalog.delete(old)
            } catch {
                Issue.record(error)
            }
        }
        #expect(try catalog.list(after: nil, limit: nil).volumes.map(\.id) == [old])
        _ = try catalog.create(try request(size: .gibibytes(1)))
        #expect(try catalog.list(after: nil, limit: nil).volumes.map(\.id.name.text) == ["a", "new"])
    }

    @Test("A volume of a pod's own is not made in a shared pool")
    func inline() throws {
        let handle = try known(InlineHandle("csi-" + String(repeating: "a", count: 64)))
        let request = try CreateRequest(
            inline: handle, attributes: [:], .mount(),
            at: HostPath("/var/lib/kubelet/pods/u/volumes/kubernetes.io~csi/v/mount"), limit: .gibibytes(1))
        #expect(try fault { _ = try here.catalog.create(request) } == .noSpace)
        #expect(store.picture.contains("csi-") == false)
    }
}
