import CSIWire
import Testing
import Volumes
import VolumesTestSupport

@testable import Relay

@Suite("Lists of many nodes")
struct ListTests {
    let rig = Rig()
    let stores: [FakeStore]
    let all: [String]

    /// Twenty nodes with two pools each, of which the second pool of one lies between those of others.
    init() throws {
        var stores: [FakeStore] = []
        for node in 0..<20 {
            let pools = [try store(0x100 + node), try store(0x200 - node, "fast")]
            try rig.network.add("n\(node)", at: "10.0.0.\(node + 1)", pools[0], pools[1])
            stores += pools
        }
        rig.look()
        var all: [String] = []
        for (index, store) in stores.enumerated() {
            for number in 0..<(index % 4) {
                all.append(try rig.create(Rig.volume("v\(index)-\(number)", requisite: [store])))
            }
        }
        self.stores = stores
        self.all = all.sorted()
    }

    private func pages(of size: Int32) throws -> [[String]] {
        var pages: [[String]] = []
        var token = ""
        repeat {
            let reply = try rig.call(CSI.ListVolumesRequest(maxEntries: size, startingToken: token))
            pages.append(reply.entries.compactMap { $0.volume?.volumeID })
            token = reply.nextToken
        } while !token.isEmpty && pages.count < 1000
        return pages
    }

    @Test("The whole list has each volume once, in the order of the handles")
    func whole() throws { #expect(try pages(of: 0) == [all]) }

    @Test(
        "Pages of any size are full, but for the last, and together are the whole list",
        arguments: [1, 2, 3, 7, 30, 59, 60, 61])
    func paged(_ size: Int) throws {
        let pages = try pages(of: Int32(size))
        #expect(pages.flatMap(\.self) == all)
        #expect(pages.dropLast().allSatisfy { $0.count == size })
        #expect(pages.last?.isEmpty == false)
    }

    @Test("A volume that comes or goes between two pages moves no other")
    func betweenPages() throws {
        let first = try rig.call(CSI.ListVolumesRequest(maxEntries: 20))
        try rig.call(CSI.DeleteVolumeRequest(volumeID: all[19]))
        try rig.call(CSI.DeleteVolumeRequest(volumeID: all[3]))
        let rest = try rig.call(CSI.ListVolumesRequest(startingToken: first.nextToken))
        #expect(rest.entries.compactMap { $0.volume?.volumeID } == Array(all[20...]))
    }

    @Test("A pool with more volumes than fit into one reply of its node is listed to its end")
    func cut() throws {
        for node in 0..<20 {
            rig.network.change(NodeAddress(ip: "10.0.0.\(node + 1)", port: 9810)) { $0.longestPage = 2 }
        }
        #expect(try pages(of: 0).flatMap(\.self) == all)
        #expect(try pages(of: 7).flatMap(\.self) == all)
    }

    @Test("A list without one of the nodes is an error", arguments: [Network.Mood.down, .hangs, .garbles])
    func partial(_ mood: Network.Mood) throws {
        rig.network.set(mood, NodeAddress(ip: "10.0.0.7", port: 9810))
        let (code, message) = try rig.outcome(CSI.ListVolumesRequest())
        #expect(code == .unavailable && message.contains("n6 (10.0.0.7:9810)"))
        #expect(try rig.code(CSI.ListSnapshotsRequest()) == .unavailable)
    }

    @Test("A node that has not said yet what it has makes the list unknown")
    func silent() throws {
        let address = try rig.network.add("new", at: "10.0.1.1", try store(0x300))
        rig.network.set(.down, address)
        rig.look()
        #expect(try rig.code(CSI.ListVolumesRequest()) == .unavailable)
    }

    @Test("Snapshots are listed as volumes are")
    func snapshots() throws {
        let cut = try all.prefix(9).map { volume in
            try #require(
                rig.call(CSI.CreateSnapshotRequest(sourceVolumeID: volume, name: "s-\(volume)")).snapshot
            )
            .snapshotID
        }
        let page = try rig.call(CSI.ListSnapshotsRequest(maxEntries: 5))
        let rest = try rig.call(CSI.ListSnapshotsRequest(maxEntries: 5, startingToken: page.nextToken))
        #expect((page.entries + rest.entries).compactMap { $0.snapshot?.snapshotID } == cut.sorted())
        #expect(page.entries.count == 5 && rest.nextToken.isEmpty)
    }

    @Test("A token of another list or of nobody is refused")
    func tokens() throws {
        let token = try rig.call(CSI.ListVolumesRequest(maxEntries: 1)).nextToken
        #expect(try rig.code(CSI.ListSnapshotsRequest(startingToken: token)) == .aborted)
        #expect(try rig.code(CSI.ListVolumesRequest(startingToken: "what")) == .aborted)
        #expect(try rig.code(CSI.ListVolumesRequest(maxEntries: -1)) == .invalidArgument)
    }
}
