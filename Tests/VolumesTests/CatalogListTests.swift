import Testing
import Volumes
import VolumesTestSupport

@Suite("Listing volumes")
struct CatalogListTests {
    private let driver: FakeDriver
    private let ids: [VolumeID]

    init() throws {
        let driver = try FakeDriver(pools: ["a", "b"])
        ids = try (0..<7).map { try driver.create("v\($0)", parameters: ["pool": $0 % 2 == 0 ? "a" : "b"]) }
        self.driver = driver
    }

    private func pages(of size: Int, between: (Int) throws -> Void = { _ in }) throws -> [[VolumeID]] {
        var pages: [[VolumeID]] = []
        var token: ListToken?
        repeat {
            let page = try driver.catalog.list(after: token, limit: size)
            pages.append(page.volumes.map(\.id))
            token = page.next
            try between(pages.count)
        } while token != nil && pages.count < 20
        return pages
    }

    @Test("Pages of any size show each volume once, ordered by handle", arguments: 1...8)
    func paging(size: Int) throws {
        let pages = try pages(of: size)
        #expect(pages.flatMap { $0 } == ids.sorted { "\($0)" < "\($1)" })
        #expect(pages.dropLast().allSatisfy { $0.count == size })
        #expect(pages.allSatisfy { !$0.isEmpty })
    }

    @Test("Volumes deleted between two pages shift nothing")
    func deletion() throws {
        let all = ids.sorted { "\($0)" < "\($1)" }
        let pages = try pages(of: 2) { count in
            if count == 1 { for id in all[0...2] { try driver.catalog.delete(id) } }
        }
        #expect(pages.flatMap { $0 } == Array(all[0...1] + all[3...]))
    }

    @Test("Without a limit everything comes on one page")
    func all() throws {
        let page = try driver.catalog.list(after: nil, limit: nil)
        #expect(page.volumes.count == 7)
        #expect(page.next == nil)
    }

    @Test(
        "A token of a pool that is not here is stale",
        arguments: ["0000000000000000.z", "ffffffffffffffff.a"])
    func foreignToken(text: String) throws {
        let id = try known(VolumeID(text))
        let token = ListToken(pool: id.pool, after: id.name)
        #expect(try fault { _ = try driver.catalog.list(after: token, limit: nil) } == .staleToken)
    }

    @Test(
        "A pool whose disk is gone hinders its own volumes alone, and a list of nothing else says which it is"
    )
    func gonePool() throws {
        driver.stores[1].setTrouble("pool b is gone")
        #expect(try driver.create("new", parameters: ["pool": "a"]).pool == driver.stores[0].pool.id)
        // It has that volume, so nobody can tell whether the request is a repeat.
        #expect(try fault { _ = try driver.create("v1", parameters: ["pool": "a"]) } == .notNow)
        #expect(try fault { _ = try driver.create("new2", parameters: ["pool": "b"]) } == .notNow)
        let seen = try driver.catalog.list(after: nil, limit: nil).volumes.map(\.id)
        #expect(seen.count == 5 && seen.allSatisfy { $0.pool == driver.stores[0].pool.id })
        // What was begun in it is not taken for ended.
        let token = ListToken(pool: driver.stores[1].pool.id, after: try known(VolumeName(folder: "v1")))
        #expect(try fault { _ = try driver.catalog.list(after: token, limit: nil) } == .notNow)
        driver.stores[0].setTrouble("pool a is gone")
        #expect(throws: VolumeFault.notNow("pool a is gone")) {
            try driver.catalog.list(after: nil, limit: nil)
        }
        driver.stores[0].setTrouble(nil)
        driver.stores[1].setTrouble(nil)
        #expect(try driver.catalog.list(after: nil, limit: nil).volumes.count == 8)
    }

    @Test("An empty driver has one empty page")
    func empty() throws {
        let page = try FakeDriver().catalog.list(after: nil, limit: 5)
        #expect(page.volumes.isEmpty)
        #expect(page.next == nil)
    }
}
