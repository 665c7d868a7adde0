import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

extension PoolRig {
    /// The pool as the tools see it.
    func view(_ policy: CapacityPolicy = .standard) throws -> PoolView {
        try PoolView.open(path, name: known(PoolName("test")), policy: policy)
    }

    /// What one look of a check finds, as "kind object".
    func found(_ policy: CapacityPolicy = .standard) throws -> [String] {
        let outcome = try PoolCheck.run(view(policy), pauses: [], pausesForTrash: [])
        for finding in outcome.findings {
            #expect(!finding.what.isEmpty && !finding.remedy.isEmpty)
            #expect(finding.kind.isHarmless || !outcome.isWell)
        }
        return outcome.findings.map { "\($0.kind.rawValue) \($0.object)" }
    }

    func cut(_ name: String, of source: VolumeRecord) throws {
        try pool.cut(
            SnapshotRecord(
                id: SnapshotID(pool: pool.pool.id, name: known(VolumeName(folder: name))),
                requestedName: name, source: source.id, size: source.size, kind: source.kind,
                provisioning: source.provisioning, sectorBytes: 4096, commitment: source.size,
                cut: Moment(nanoseconds: 1_700_000_000_000_000_000)),
            quieting: { (_, copying) throws(VolumeFault) in try copying { true } })
    }

    func image(_ path: String = "volumes/vol") throws -> OwnedDescriptor {
        try folder(path).openFile("image", .readWrite)
    }

    /// Everything below the pool with mode, size and times of change.
    func everything() throws -> String {
        try TestTool.run("find", [path, "-printf", "%p %i %m %U %s %T@ %C@\n"]).standardOutput
    }
}

@Suite("A check finds what is wrong in a pool's folders", .requiresRoot)
struct PoolCheckTests {
    let rig: PoolRig

    init() throws { rig = try PoolRig() }

    @Test("Nothing is wrong with volumes and snapshots of all kinds, and looking changes nothing")
    func healthy() throws {
        _ = try rig.created("thin", provisioning: .thin)
        _ = try rig.created("fs", .filesystem(.ext4))
        try rig.cut("snap", of: try rig.created())
        let before = try rig.everything()
        let outcome = try PoolCheck.run(rig.view())
        #expect(outcome.findings.isEmpty && outcome.isWell)
        #expect(outcome.volumes == 3 && outcome.snapshots == 1)
        _ = try PoolAccount(
            rig.view(), rig.view().volumes(), rig.view().snapshots(), in: rig.view().space())
        #expect(try rig.everything() == before)
    }

    @Test("A folder that is no pool, or not there, is refused and nothing is made")
    func noPool() throws {
        let folder = try TemporaryFolder()
        let name = try known(PoolName("test"))
        for path in [folder.path, "\(folder.path)/missing"] {
            #expect(throws: PoolError.self) { try PoolView.open(path, name: name, policy: .standard) }
        }
        #expect(try folder.open().entries().isEmpty)
    }

    @Test(
        "A record that cannot be read, or has a newer format, is found",
        arguments: ["", "{", #"{"version":2}"#])
    func unreadable(text: String) throws {
        try rig.cut("snap", of: try rig.created())
        try rig.folder("volumes/vol").replace(
            "volume.json", with: Array(text.utf8), mode: 0o600, sync: false)
        try rig.folder("snapshots/snap").replace(
            "snapshot.json", with: Array(text.utf8), mode: 0o600, sync: false)
        #expect(try rig.found() == ["record-unreadable volume vol", "record-unreadable snapshot snap"])
    }

    @Test("An image without a record, a record without an image and a folder with neither are found")
    func incomplete() throws {
        try rig.cut("snap", of: try rig.created("a"))
        for name in ["b", "c"] { _ = try rig.created(name) }
        try rig.folder("volumes/a").removeFile("volume.json")
        try rig.folder("volumes/b").removeFile("image")
        for file in ["image", "volume.json"] { try rig.folder("volumes/c").removeFile(file) }
        try rig.folder("snapshots/snap").removeFile("image")
        #expect(
            try rig.found() == [
                "image-without-record volume a", "image-missing volume b", "record-missing volume c",
                "image-missing snapshot snap",
            ])
    }

    @Test(
        "An image that is shorter than its record is found; a longer one is a harmless growth that was cut off"
    )
    func sizes() throws {
        let record = try rig.created()
        try rig.cut("snap", of: record)
        try rig.image().truncate(to: record.size.bytes + 4096)
        #expect(try rig.found() == ["image-long volume vol"])
        #expect(try PoolCheck.run(rig.view(), pauses: []).isWell)
        try rig.image().truncate(to: record.size.bytes - 4096)
        try rig.image("snapshots/snap").truncate(to: record.size.bytes - 4096)
        #expect(try rig.found() == ["image-short volume vol", "image-short snapshot snap"])
    }

    @Test("A thick volume with a hole is found, a thin one may have as many as it likes")
    func holes() throws {
        _ = try rig.created()
        _ = try rig.created("thin", provisioning: .thin)
        _ = try rig.image().punchHole(offset: 1 << 20, bytes: 1 << 20)
        let outcome = try PoolCheck.run(rig.view(), pauses: [])
        #expect(outcome.findings.map(\.kind) == [.imageNotAllocated])
        #expect(outcome.findings.first?.what.contains("1048576") == true)
    }

    @Test("Members of groups are seen with the other snapshots, and what a group lacks is found")
    func groups() throws {
        let sources = try ["a", "b"].map { try rig.created($0) }
        let group = try known(VolumeName(folder: "group"))
        let members = sources.enumerated().map { (index, source) in
            SnapshotRecord(
                id: SnapshotID(pool: source.id.pool, name: VolumeName(member: index, of: group)),
                requestedName: "member-\(index)", source: source.id, size: source.size, kind: source.kind,
                provisioning: .thick, sectorBytes: 4096, commitment: source.size, cut: Moment(nanoseconds: 1))
        }
        try rig.pool.cut(
            GroupRecord(
                id: GroupID(pool: rig.pool.pool.id, name: group), requestedName: "group", members: members,
                cut: Moment(nanoseconds: 1)),
            quieting: { (_, copying) throws(VolumeFault) in try copying { true } })
        #expect(try rig.found().isEmpty)
        let seen = try rig.view().snapshots()
        #expect(seen.map(\.record) == members.map { $0 })
        #expect(seen.allSatisfy { $0.record?.id.group?.name == group && $0.image != nil })
        let account = try PoolAccount(
            rig.view(), rig.view().volumes(), seen, in: rig.view().space())
        #expect(account.snapshots == .mebibytes(32) && account.committed == .mebibytes(64))
        try rig.folder("groups/group/0").removeFile("image")
        #expect(try rig.found() == ["image-missing snapshot \(members[0].id.name)"])
        try rig.folder("groups/group").removeTree("1")
        #expect(
            try rig.found() == [
                "image-missing snapshot \(members[0].id.name)", "record-unreadable group group",
            ])
        try rig.folder("groups").removeTree("group")
        try rig.folder().removeDirectory("groups")
        #expect(try rig.found().isEmpty)
    }

    @Test("What is neither volume nor snapshot is found")
    func strangers() throws {
        try rig.folder("volumes").ensure("Not A Volume", mode: 0o700)
        try rig.folder("snapshots").write("file", [1], mode: 0o600)
        #expect(try rig.found() == ["not-ours volumes/Not A Volume", "not-ours snapshots/file"])
    }

    @Test("Doors that stand open are found, and owners other than root")
    func access() throws {
        _ = try rig.created()
        try TestTool.run("chmod", ["0644", "\(rig.path)/volumes/vol/image"])
        #expect(try rig.found() == ["access volume vol"])
        try TestTool.run("chmod", ["0600", "\(rig.path)/volumes/vol/image"])
        try TestTool.run("chown", ["1000", "\(rig.path)/volumes/vol"])
        #expect(try rig.found() == ["access volume vol"])
        try TestTool.run("chown", ["0", "\(rig.path)/volumes/vol"])
        try TestTool.run("chmod", ["0755", "\(rig.path)/trash"])
        #expect(try rig.found() == ["access trash"])
        try TestTool.run("chmod", ["0700", "\(rig.path)/trash"])
        try TestTool.run("chmod", ["0777", rig.path])
        #expect(try rig.found() == ["access \(rig.path)"])
        // The top folder of a disk of its own may be readable; what is in it is not.
        try TestTool.run("chmod", ["0755", rig.path])
        #expect(try rig.found().isEmpty)
    }

    @Test(
        "What was being built is found when nobody builds it any more, and a deleted volume until it is gone")
    func leftovers() throws {
        let folder = try rig.folder("staging").create("vol.0123", mode: 0o700)
        #expect(try folder.tryLock(.exclusive))
        #expect(try rig.found().isEmpty)
        try folder.unlock()
        try rig.folder("trash").ensure("vol.4567", mode: 0o700)
        #expect(try rig.found() == ["staging-leftover staging/vol.0123", "trash-leftover trash/vol.4567"])
        // The look took no lock that a builder would stumble over.
        #expect(try folder.tryLock(.exclusive))
    }

    @Test("What is gone at the next look was a step of a driver and is not told")
    func transient() throws {
        try rig.folder("staging").ensure("vol.0123", mode: 0o700)
        try rig.folder("trash").ensure("vol.4567", mode: 0o700)
        let path = rig.path
        let remover = try OwnThread.start(name: "remover") {
            do {
                Clock.sleep(nanoseconds: 100_000_000)
                try Directory.open("\(path)/staging").removeTree("vol.0123")
                Clock.sleep(nanoseconds: 300_000_000)
                try Directory.open("\(path)/trash").removeTree("vol.4567")
            } catch { Issue.record("\(error)") }
        }
        let outcome = try PoolCheck.run(rig.view(), pauses: [200], pausesForTrash: [100, 300])
        #expect(outcome.findings.isEmpty, "\(outcome.findings)")
        try remover.join()
    }

    @Test("A folder of the layout that is missing is found")
    func missingFolder() throws {
        try rig.folder().removeDirectory("trash")
        #expect(try rig.found() == ["folder-missing trash"])
    }

    @Test("A note of a freeze that is older than any freeze is found, a fresh one is not")
    func freezeNote() throws {
        let id = try rig.created().id
        try Directory.open("/run").ensure("loopcsi-node", mode: 0o700)
        try Directory.open("/run/loopcsi-node").ensure("frozen", mode: 0o700)
        let notes = try Directory.open("/run/loopcsi-node/frozen")
        try notes.replace("\(id)", with: Array("/a".utf8), mode: 0o600, sync: false)
        #expect(try rig.found().isEmpty)
        try TestTool.run("touch", ["--date", "10 minutes ago", "/run/loopcsi-node/frozen/\(id)"])
        let found = try rig.found()
        try notes.removeFile("\(id)")
        #expect(found == ["freeze-note volume vol"])
    }
}

@Suite("A check finds promises that a pool cannot keep", .requiresRoot)
struct PoolPromiseTests {
    @Test("More promised than the pool is large, or than its reserve leaves")
    func beyond() throws {
        let rig = try PoolRig(on: .ext4, bytes: 256 << 20)
        _ = try rig.created("a", size: .mebibytes(128), provisioning: .thin)
        #expect(try rig.found().isEmpty)
        let half = CapacityPolicy(reserve: .percent(60), overcommitThousandths: 1000)
        #expect(try rig.found(half) == ["promises-beyond-reserve \(rig.path)"])
        _ = try rig.created("b", size: .gibibytes(1), provisioning: .thin)
        #expect(
            try rig.found() == [
                "promises-beyond-pool \(rig.path)", "promises-not-covered \(rig.path)",
            ])
        let generous = CapacityPolicy(reserve: .percent(0), overcommitThousandths: 20000)
        #expect(try rig.found(generous).isEmpty)
    }

    @Test("Promises that other files have eaten up", arguments: TestPool.Filesystem.allCases)
    func eatenUp(filesystem: TestPool.Filesystem) throws {
        let rig = try PoolRig(on: filesystem, bytes: 512 << 20)
        _ = try rig.created(size: .mebibytes(128), provisioning: .thin)
        _ = try rig.created("thick", size: .mebibytes(64))
        #expect(try rig.found().isEmpty)
        let free = try rig.view().space().free.bytes
        try TestTool.run("fallocate", ["--length", "\(free - 64 << 20)", "\(rig.path)/../ballast"])
        #expect(try rig.found() == ["promises-not-covered \(rig.path)"])
    }
}
