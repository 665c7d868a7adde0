import Testing
import Volumes
import VolumesTestSupport

@Suite("Tokens of lists")
struct ListTokenTests {
    private let pool: PoolID

    init() throws { pool = try known(PoolID("00000000000000aa")) }

    @Test(
        "A token comes back from its text, with a name or without",
        arguments: [nil, "pvc-1", "a.b", "group_7"])
    func roundTrip(name: String?) throws {
        let token = ListToken(pool: pool, after: try name.map { try known(VolumeName(snapshot: $0)) })
        for list in [ListName.volumes, .snapshots(of: ""), .snapshots(of: "00000000000000aa.v")] {
            let text = token.text(of: list, sha256Hex: fakeDigest)
            #expect(text.hasPrefix("00000000000000aa.\(name ?? "")~"))
            #expect(ListToken(text, of: list, sha256Hex: fakeDigest) == token)
            #expect(ListToken(unverified: text) == token)
        }
    }

    @Test("A token of another list, a changed one and any other text are none")
    func foreign() {
        let text = ListToken(pool: pool, after: nil).text(of: .volumes, sha256Hex: fakeDigest)
        #expect(ListToken(text, of: .snapshots(of: ""), sha256Hex: fakeDigest) == nil)
        let digest = text.suffix(8)
        let texts = [
            "", "~", "00000000000000aa.", "00000000000000aa~\(digest)", "00000000000000aa.b~\(digest)",
            "00000000000000ab.~\(digest)", text + "~", text + "0", "00000000000000aa.B~\(digest)",
            "00000000000000aa.g_x~\(digest)", "\u{e9}~",
        ]
        for text in texts { #expect(ListToken(text, of: .volumes, sha256Hex: fakeDigest) == nil, "\(text)") }
    }

    @Test("A token without a name begins where the pool does, and pools before it are left out")
    func beginningOfPool() throws {
        let driver = try FakeDriver(pools: ["a", "b"])
        for pool in ["a", "b"] { _ = try driver.create("v-\(pool)", parameters: ["pool": pool]) }
        let all = try driver.catalog.list(after: nil, limit: nil).volumes.map(\.id)
        let second = try #require(all.last).pool
        let rest = try driver.catalog.list(after: ListToken(pool: second, after: nil), limit: nil)
        #expect(rest.volumes.map(\.id) == Array(all.dropFirst()) && rest.next == nil)
        let first = try #require(all.first).pool
        let whole = try driver.catalog.list(after: ListToken(pool: first, after: nil), limit: nil)
        #expect(whole.volumes.map(\.id) == all)
    }
}
