import LinuxHost
import Synchronization
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@testable import Pool

@Suite("Shared pools")
struct PoolSharingTests {
    @Test(
        "A mount that keeps locks to one machine is refused by the word that says so",
        arguments: ["nolock", "local_lock=all", "local_lock=flock", "localflocks", "localflock", "nobrl"])
    func localLocks(word: String) {
        for type in ["nfs", "nfs4", "ocfs2", "lustre", "cifs"] {
            let trouble = PoolSharing.trouble(filesystem: type, ["rw", "acdirmax=0", word])
            #expect(trouble?.contains(word) == true)
        }
    }

    @Test("On NFS names must not be believed for long; other file systems tell of changes")
    func caches() {
        let options = ["rw", "vers=4.2", "hard", "local_lock=none"]
        #expect(PoolSharing.trouble(filesystem: "nfs4", options)?.contains("actimeo=0") == true)
        #expect(PoolSharing.trouble(filesystem: "nfs4", options + ["acdirmax=0"]) == nil)
        #expect(PoolSharing.trouble(filesystem: "nfs", options + ["noac"]) == nil)
        #expect(PoolSharing.trouble(filesystem: "ceph", ["rw"]) == nil)
        #expect(PoolSharing.trouble(filesystem: "xfs", ["rw"]) == nil)
    }

    @Test("A pool on a local file system is shared only if the operator says so")
    func words() throws {
        let folder = try TemporaryFolder()
        func isShared(_ name: String, _ word: Bool?) throws -> Bool {
            try DiskPool.open(
                "\(folder.path)/\(name)", name: known(.init("test")), sharing: PoolSharing(isShared: word),
                log: quiet
            ).pool.isShared
        }
        #expect(try !isShared("a", nil))
        #expect(try isShared("b", true))
        #expect(try !isShared("c", false))
    }

    /// Two drivers of different nodes on one folder.
    private func nodes() throws -> (folder: TemporaryFolder, here: DiskPool, there: DiskPool) {
        let folder = try TemporaryFolder()
        func open(_ node: String) throws -> DiskPool {
            try DiskPool.open(
                "\(folder.path)/pool", name: known(.init("test")),
                sharing: PoolSharing(isShared: true, node: node), log: quiet)
        }
        return (folder, try open("here"), try open("there"))
    }

    private func record(_ pool: DiskPool, _ name: String, _ size: ByteCount = .mebibytes(8)) throws
        -> VolumeRecord
    {
        VolumeRecord(
            id: VolumeID(pool: pool.pool.id, name: try known(VolumeName(folder: name))), requestedName: name,
            size: size, kind: .block, provisioning: .thin, sectorBytes: 4096,
            parameters: try VolumeParameters([:]), created: "2026-01-02T03:04:05Z")
    }

    @Test("Nodes that begin a pool at the same time agree on its identity")
    func firstStart() throws {
        for _ in 0..<10 {
            let folder = try TemporaryFolder()
            let found = Mutex<[PoolID]>([])
            let bells = try (0..<4).map { _ in try Bell() }
            for bell in bells {
                _ = try OwnThread.start(name: "node") {
                    do {
                        let pool = try DiskPool.open(
                            "\(folder.path)/pool", name: known(.init("test")),
                            sharing: PoolSharing(isShared: true), log: quiet)
                        found.withLock { $0.append(pool.pool.id) }
                        try bell.ring()
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            for bell in bells { #expect(try bell.wait(seconds: 30)) }
            #expect(Set(found.withLock { $0 }).count == 1)
        }
    }

    @Test("A start sweeps what nobody builds, and leaves alone what another node has claimed")
    func sweep() throws {
        let (folder, here, _) = try nodes()
        let staging = try here.opened(PoolLayout.staging)
        let claim = try BuildClaim.take("v.1", in: staging)
        for name in ["v.1", "v.2", "v.3"] { try staging.create(name, mode: 0o700) }
        // Left by drivers that were killed: one before its folder was made, one after.
        for name in ["v.3.lock", "v.4.lock"] { _ = try staging.createFile(name, mode: 0o600) }
        func start() throws {
            _ = try DiskPool.open(
                "\(folder.path)/pool", name: known(.init("test")), sharing: PoolSharing(isShared: true),
                log: quiet)
        }
        try start()
        #expect(try staging.entries().sorted() == ["v.1", "v.1.lock"])
        #expect(throws: SystemError.self) { try BuildClaim.take("v.1", in: staging) }
        claim.end()
        #expect(try staging.entries() == ["v.1"])
        try start()
        #expect(try staging.entries().isEmpty)
    }

    @Test("Building leaves no claim behind, neither after success nor after failure")
    func noLitter() throws {
        let (folder, here, there) = try nodes()
        defer { withExtendedLifetime(folder) {} }
        let record = try record(here, "v")
        try here.create(record, from: .fresh)
        #expect(throws: VolumeFault.self) { try there.create(record, from: .fresh) }
        try there.grow(record, to: .mebibytes(16))
        #expect(try here.opened(PoolLayout.staging).entries().isEmpty)
        #expect(try here.record(of: record.id.name)?.size == .mebibytes(16))
    }

    @Test("Growths from two nodes take turns, and the larger one stays")
    func growths() throws {
        let (folder, here, there) = try nodes()
        defer { withExtendedLifetime(folder) {} }
        let record = try record(here, "v")
        try here.create(record, from: .fresh)
        let before = try there.stamp()
        #expect(try here.grow(record, to: .mebibytes(32)).size == .mebibytes(32))
        #expect(try there.stamp() != before)
        #expect(try there.grow(record, to: .mebibytes(16)).size == .mebibytes(32))
        let claim = try BuildClaim.take(here.growth(of: record.id.name), in: here.opened(PoolLayout.staging))
        #expect(throws: VolumeFault.self) { try there.grow(record, to: .mebibytes(64)) }
        // A start at this moment takes it for no interrupted growth either.
        try Directory.open("\(here.path)/volumes/v").openFile("image", .readWrite).truncate(to: 64 << 20)
        _ = try DiskPool.open(
            here.path, name: known(.init("test")), sharing: PoolSharing(isShared: true), log: quiet)
        #expect(try here.record(of: record.id.name)?.size == .mebibytes(32))
        claim.end()
        _ = try DiskPool.open(
            here.path, name: known(.init("test")), sharing: PoolSharing(isShared: true), log: quiet)
        #expect(try here.record(of: record.id.name)?.size == .mebibytes(64))
    }

    @Test("Each node keeps notes of its own")
    func notes() throws {
        let (folder, here, there) = try nodes()
        defer { withExtendedLifetime(folder) {} }
        let record = try record(here, "v")
        try here.create(record, from: .fresh)
        let (one, two) = (KernelNode(pools: [here], log: quiet), KernelNode(pools: [there], log: quiet))
        var note = StagingNote()
        note.staged["/staging"] = Usage(mode: .multiNodeReaderOnly, isReadOnly: true, flagsDigest: "")
        try one.keep(note, of: record.id)
        #expect(try two.note(of: record.id).staged.isEmpty)
        try two.keep(StagingNote(), of: record.id)
        #expect(try one.note(of: record.id).staged == note.staged)
        try one.keep(StagingNote(), of: record.id)
    }

    @Test("Two nodes that empty the trash together both succeed")
    func trash() throws {
        let (folder, here, there) = try nodes()
        defer { withExtendedLifetime(folder) {} }
        for round in 0..<20 {
            let trash = try here.opened(PoolLayout.trash)
            for number in 0..<20 {
                let folder = try trash.create("v-\(round).\(number)", mode: 0o700)
                for file in ["image", "volume.json", "staging.json"] {
                    _ = try folder.createFile(file, mode: 0o600)
                }
            }
            let bell = try Bell()
            _ = try OwnThread.start(name: "there") {
                _ = there.trash.emptyNow()
                do { try bell.ring() } catch { Issue.record(error) }
            }
            _ = here.trash.emptyNow()
            #expect(try bell.wait(seconds: 30))
            #expect(try trash.entries().isEmpty)
        }
    }
}
