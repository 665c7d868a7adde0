import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("The fake and the disk agree on groups", .requiresRoot)
struct GroupContractTests {
    private func cut(_ contract: Contract, _ sources: [VolumeRecord], _ name: String = "group") throws
        -> GroupRecord
    {
        try contract.catalog.cut(GroupRequest(name: name, sourceVolumeIDs: sources.map { "\($0.id)" }))
    }

    @Test(
        "A group is kept with its members, found by name, and gone in one step", arguments: Backend.allCases)
    func life(backend: Backend) throws {
        let contract = try Contract(backend)
        let sources = [try contract.create(.block, "a"), try contract.create(.filesystem(.ext4), "b")]
        let alone = try contract.catalog.cut(
            SnapshotRequest(name: "alone", source: sources[0].id, consistency: .frozen))
        let group = try cut(contract, sources)
        #expect(try contract.store.groupNames() == [group.id.name])
        #expect(try contract.store.group(of: group.id.name) == group)
        #expect(try contract.store.snapshotNames() == ([alone] + group.members).map(\.id.name))
        for member in group.members { #expect(try contract.store.snapshot(of: member.id.name) == member) }
        #expect(try contract.store.snapshot(of: VolumeName(member: 2, of: group.id.name)) == nil)
        let stranger = try known(VolumeName(folder: "stranger"))
        #expect(try contract.store.snapshot(of: VolumeName(member: 0, of: stranger)) == nil)
        #expect(try contract.store.group(of: stranger) == nil)
        try contract.store.removeGroup(stranger)
        // A name that is taken is not replaced.
        #expect(
            try fault {
                try contract.store.cut(group) { (_, copying) throws(VolumeFault) in try copying { true } }
            }
                == .existsDifferently)
        for source in sources { try contract.catalog.delete(source.id) }
        let copy = try contract.catalog.create(
            CreateRequest(
                name: "copy", range: .any, kind: .filesystem(.ext4), parameters: VolumeParameters([:]),
                source: .snapshot(group.members[1].id)))
        #expect(copy.size == sources[1].size)
        try contract.catalog.delete(group.id, snapshotIDs: group.members.map { "\($0.id)" })
        #expect(try contract.store.groupNames().isEmpty)
        #expect(try contract.store.snapshotNames() == [alone.id.name])
        #expect(try contract.store.group(of: group.id.name) == nil)
    }

    @Test("A group that fails in the middle leaves nothing", arguments: Backend.allCases)
    func failure(backend: Backend) throws {
        let contract = try Contract(backend)
        let (a, b) = (try contract.create(.block, "a"), try contract.create(.block, "b"))
        let group = try cut(contract, [a, b], "model")
        let id = GroupID(pool: group.id.pool, name: try known(VolumeName(folder: "group")))
        let second = GroupRecord(id: id, requestedName: "group", members: group.members, cut: group.cut)
        #expect(
            try fault {
                try contract.store.cut(second) { (_, copying) throws(VolumeFault) in
                    try copying { true }
                    throw .notNow("too long")
                }
            } == .notNow)
        try contract.store.remove(b.id.name)
        #expect(
            try fault {
                try contract.store.cut(second) { (_, copying) throws(VolumeFault) in try copying { true } }
            }
                == .host)
        #expect(try contract.store.groupNames() == [group.id.name])
        guard let pool = contract.store as? DiskPool else { return }
        #expect(try Directory.open("\(pool.path)/staging").entries().isEmpty)
    }

    @Test(
        "A pool of before there were groups goes on, and what is half-made or of a later format is not taken for one"
    )
    func formats() throws {
        let rig = try PoolRig()
        try rig.folder().removeDirectory("groups")
        #expect(try rig.pool.groupNames().isEmpty)
        #expect(try rig.pool.snapshotNames().isEmpty)
        let pool = try rig.reopened()
        let records = [try rig.created("a"), try rig.created("b")]
        let catalog = try Catalog(
            pools: [(pool, .standard)], quieter: FakeQuieter(), inFlight: InFlight(), topologyPrefix: "t",
            sha256Hex: fakeDigest, now: { "" }, moment: { Moment(nanoseconds: 7) })
        let group = try catalog.cut(GroupRequest(name: "g", sourceVolumeIDs: records.map { "\($0.id)" }))
        #expect(try rig.entries("groups/g") == ["0", "1", "group.json"])
        #expect(try rig.entries("groups/g/1") == ["image", "snapshot.json"])
        #expect(try rig.folder("groups/g/1").status("image")?.sizeBytes == records[1].size.bytes)
        #expect(try rig.folder("groups/g").status("group.json")?.mode == 0o600)
        #expect(try rig.reopened().group(of: group.id.name) == group)
        let text = String(
            decoding: try rig.folder("groups/g").read("group.json", limitBytes: 4096), as: UTF8.self)
        for (wanted, instead) in [
            ("\"version\" : 1", "\"version\" : 2"), ("\"members\" : 2", "\"members\" : 0"),
        ] {
            #expect(text.contains(wanted))
            let torn = text.split(separator: wanted, omittingEmptySubsequences: false).joined(
                separator: instead)
            try rig.folder("groups/g").replace("group.json", with: Array(torn.utf8), mode: 0o600, sync: false)
            #expect(try fault { _ = try pool.group(of: group.id.name) } == .setAside)
        }
    }
}
