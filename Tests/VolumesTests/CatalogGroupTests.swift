import Testing
import Volumes
import VolumesTestSupport

@Suite("Groups in the catalog")
struct CatalogGroupTests {
    private let driver: FakeDriver
    private let a: VolumeID
    private let b: VolumeID

    init() throws {
        driver = try FakeDriver(pools: ["hdd", "nvme"], total: .gibibytes(100))
        a = try driver.create("a", .filesystem(.xfs), parameters: ["provisioning": "thick"])
        b = try driver.create("b", .block, size: .gibibytes(2), parameters: ["provisioning": "thick"])
    }

    @discardableResult
    private func cut(_ sources: [VolumeID], _ name: String = "group") throws -> GroupRecord {
        try driver.catalog.cut(GroupRequest(name: name, sourceVolumeIDs: sources.map { "\($0)" }))
    }

    private func ids(_ group: GroupRecord) -> [String] { group.members.map { "\($0.id)" } }

    private func available(_ driver: FakeDriver? = nil) throws -> ByteCount {
        try (driver ?? self.driver).catalog.capacity(VolumeParameters([:]), kind: .block, at: nil).available
    }

    @Test("All members are cut under one quieting, have one moment, and the repeat in any order finds them")
    func whole() throws {
        let group = try cut([b, a])
        #expect(driver.quieter.events == ["group b a", "on b a"])
        #expect(group.members.map(\.source) == [b, a])
        #expect(group.members.allSatisfy { $0.cut == group.cut && $0.id.group == group.id })
        #expect(group.members.map(\.size) == [.gibibytes(2), .gibibytes(1)])
        #expect(ids(group) == ["\(a.pool).group_0", "\(a.pool).group_1"])
        #expect(try cut([a, b]) == group)
        try driver.catalog.delete(a)
        #expect(try cut([b, a]) == group)
        #expect(driver.quieter.events.count == 2)
        for other in [[a], [b], [a, b, try driver.create("c")]] {
            #expect(try fault { try cut(other) } == .existsDifferently)
        }
        #expect(try driver.catalog.group(group.id, snapshotIDs: ids(group).reversed()) == group)
    }

    @Test("Members are listed with their group, restored like others, and go with the group only")
    func members() throws {
        let alone = try driver.cut("group", of: a)
        let group = try cut([a, b])
        let list = try driver.catalog.listSnapshots(of: nil, after: nil, limit: nil).snapshots
        #expect(list == [alone] + group.members)
        #expect(list.map(\.id.group) == [nil, group.id, group.id])
        #expect(
            try driver.catalog.listSnapshots(of: b, after: nil, limit: nil).snapshots == [group.members[1]])
        for (index, member) in group.members.enumerated() {
            #expect(try driver.catalog.snapshot(member.id) == member)
            let copy = try driver.catalog.create(
                CreateRequest(
                    name: "copy-\(index)", range: .any, kind: member.kind, parameters: VolumeParameters([:]),
                    source: .snapshot(member.id)))
            #expect(copy.size == member.size)
            #expect(try fault { try driver.catalog.delete(member.id) } == .malformed)
        }
        try driver.catalog.delete(group.id, snapshotIDs: ids(group))
        #expect(try driver.catalog.listSnapshots(of: nil, after: nil, limit: nil).snapshots == [alone])
        for member in group.members {
            #expect(try fault { _ = try driver.catalog.snapshot(member.id) } == .missing)
            try driver.catalog.delete(member.id)
        }
    }

    @Test("Get and delete want exactly the members; a group that never was is missing, or gone already")
    func expected() throws {
        let group = try cut([a, b])
        let wrong: [[String]] = [[], [ids(group)[0]], ids(group) + ["x"], ["x", "y"], ["\(group.id)"]]
        for texts in wrong {
            #expect(try fault { _ = try driver.catalog.group(group.id, snapshotIDs: texts) } == .malformed)
            #expect(try fault { try driver.catalog.delete(group.id, snapshotIDs: texts) } == .malformed)
        }
        try driver.catalog.delete(group.id, snapshotIDs: ids(group))
        for texts in wrong + [ids(group)] {
            #expect(try fault { _ = try driver.catalog.group(group.id, snapshotIDs: texts) } == .missing)
            try driver.catalog.delete(group.id, snapshotIDs: texts)
        }
        let elsewhere = try known(GroupID("00000000000000aa.group"))
        #expect(try fault { try driver.catalog.delete(elsewhere, snapshotIDs: []) } == .notNow)
        #expect(try fault { _ = try driver.catalog.group(elsewhere, snapshotIDs: []) } == .missing)
    }

    @Test(
        "Members that are none, twice, unknown, in another pool or not here are refused before anything happens"
    )
    func refusals() throws {
        let other = try driver.create("other", parameters: ["pool": "nvme"])
        let gone = try known(VolumeID("\(a.pool).gone"))
        let elsewhere = try known(VolumeID("00000000000000aa.x"))
        let before = driver.stores.map(\.picture)
        #expect(try fault { try cut([]) } == .malformed)
        #expect(try fault { try cut([a, b, a]) } == .malformed)
        #expect(try fault { try cut([a, gone]) } == .missing)
        #expect(try fault { try cut([elsewhere, gone]) } == .missing)
        #expect(try fault { try cut([a, elsewhere]) } == .notNow)
        #expect(try complaint { try cut([a, other]) }?.contains("different pools") == true)
        #expect(try fault { try cut([a, other]) } == .notNow)
        let texts = { (ids: [String]) in
            try fault { _ = try GroupRequest(name: "g", sourceVolumeIDs: ids) }
        }
        #expect(try texts(["nonsense"]) == .missing)
        #expect(try texts(["nonsense", "nonsense"]) == .malformed)
        #expect(try texts([""]) == .malformed)
        #expect(try texts((0...100).map { "\(a.pool).\($0)" }) == .malformed)
        #expect(driver.stores.map(\.picture) == before)
        #expect(driver.quieter.events.isEmpty)
        #expect(driver.inFlight.count == 0)
    }

    @Test("A failure at any step leaves pool and promises as they were, and the repeat succeeds")
    func failures() throws {
        let before = driver.store.picture
        let room = try available()
        driver.store.faults.fail(step: nil)
        let group = try cut([a, b])
        let steps = driver.store.faults.names
        #expect(try available() == room.minus(.gibibytes(3)))
        try driver.catalog.delete(group.id, snapshotIDs: ids(group))
        _ = try driver.store.reclaim()
        // Where only the look at the folders fails, the group is there and the next list looks again.
        for step in 1...steps.count where steps[step - 1] != "stamp" {
            driver.store.faults.fail(step: step)
            #expect(try fault { try cut([a, b]) } == .host, "step \(step)")
            driver.store.faults.fail(step: nil)
            #expect(driver.store.picture == before)
            #expect(try available() == room)
            #expect(driver.inFlight.count == 0)
        }
        driver.quieter.faults.fail(step: 1, with: .notNow("too long"))
        #expect(try fault { try cut([a, b]) } == .notNow)
        #expect(try available() == room)
        #expect(try cut([a, b]).members.count == 2)
    }

    @Test("The whole group has room or nothing of it is cut; what it costs is known after a start")
    func ledger() throws {
        let room = try available()
        let group = try cut([a, b])
        #expect(try available() == room.minus(.gibibytes(3)))
        #expect(try available(FakeDriver(stores: driver.stores)) == room.minus(.gibibytes(3)))
        let big = try driver.create(
            "big", .block, size: .gibibytes(46), parameters: ["provisioning": "thick"])
        let rest = try available()
        #expect(rest < .gibibytes(46))
        #expect(try fault { try cut([a, big], "second") } == .noSpace)
        #expect(try available() == rest)
        #expect(driver.quieter.events.count == 2)
        try driver.catalog.delete(group.id, snapshotIDs: ids(group))
    }

    @Test(
        "Nothing else runs on a source or on the group meanwhile, and a member that is being restored keeps it"
    )
    func inFlight() throws {
        func pending(_ body: () throws -> Void) -> Bool {
            do { return try fault(body) == .operationPending } catch { return false }
        }
        let group = try cut([a, b])
        let member = ObjectKey.snapshot(group.members[1].id.name)
        try driver.inFlight.withShared(member) { () throws(VolumeFault) in
            #expect(pending { try driver.catalog.delete(group.id, snapshotIDs: ids(group)) })
        }
        for key in [ObjectKey.volume(a.name), .volume(b.name), .group(group.id.name)] {
            try driver.inFlight.withExclusive(key) { () throws(VolumeFault) in
                let name = key == .group(group.id.name) ? "group" : "second"
                #expect(pending { try cut([a, b], name) })
                #expect(driver.inFlight.count == 1)
            }
        }
        try cut([a, b], "second")
    }
}
