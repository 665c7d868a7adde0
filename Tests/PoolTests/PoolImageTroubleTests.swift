import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("Bad days of a pool inside one file", .requiresRoot)
struct PoolImageTroubleTests {
    @Test("A start that was killed leaves nothing that the next one does not sweep or complete")
    func leftovers() throws {
        let rig = try PoolImageRig()
        let folder = try TemporaryFolder.made(rig.path)
        try folder.createFile(".tmp-0123456789abcdef", mode: 0o600).allocate(bytes: 1 << 20)
        let pool = try rig.open()
        #expect(try rig.entries() == ["pool", "pool.image", "pool.image.json"])
        try rig.reboot()
        // Between the rename of the image and its record.
        try folder.removeFile("pool.image.json")
        try folder.removeDirectory("pool")
        #expect(try rig.open().pool == pool.pool)
        #expect(try rig.entries() == ["pool", "pool.image", "pool.image.json"])
    }

    @Test("A file that is lost is not made anew")
    func lost() throws {
        let rig = try PoolImageRig()
        try rig.open()
        try rig.reboot()
        try rig.folder().removeFile("pool.image")
        rig.refuses(naming: "pool.image is gone")
        #expect(try rig.entries() == ["pool", "pool.image.json"])
    }

    @Test(
        "A folder with other contents is refused and left alone",
        arguments: ["file", "pool.json", "pool/file"])
    func strangers(name: String) throws {
        let rig = try PoolImageRig()
        let folder = try TemporaryFolder.made(rig.path)
        let words = name.split(separator: "/").map(String.init)
        if words.count == 2 {
            try folder.create(words[0], mode: 0o700).write(words[1], [1], mode: 0o600)
        } else {
            try folder.write(name, [1], mode: 0o600)
        }
        rig.refuses(naming: name == "pool.json" ? "is a pool itself" : name)
        #expect(try rig.entries() == [words[0]])
    }

    @Test("A pool in the folder itself stays there, and one in a file is not served without it")
    func otherKind() throws {
        let rig = try PoolImageRig()
        try rig.open()
        try rig.reboot()
        #expect(throws: PoolError.self) { try PoolRig.open(rig.path) }
        #expect(try rig.entries() == ["pool", "pool.image", "pool.image.json"])
        let plain = try PoolImageRig()
        _ = try PoolRig.open(plain.path)
        plain.refuses(naming: "without image=")
    }

    @Test("Strangers at the mount point keep it from being mounted")
    func mountPoint() throws {
        let rig = try PoolImageRig()
        try rig.open()
        try rig.reboot()
        try Directory.open(rig.mountPoint).write("stranger", [1], mode: 0o600)
        rig.refuses(naming: "'stranger'", "must be empty")
        try Directory.open(rig.mountPoint).removeFile("stranger")
        try TestTool.run("mount", ["-t", "tmpfs", "stranger", rig.mountPoint])
        rig.refuses(naming: "something else")
        try Mounting.unmount(rig.mountPoint)
        try rig.open()
    }

    @Test("A file that holds anything but its file system is refused and not formatted")
    func otherContents() throws {
        let rig = try PoolImageRig()
        try rig.open(.sparse, .xfs)
        rig.refuses(.sparse, .btrfs, naming: "kept on xfs")
        try rig.reboot()
        let record = try rig.folder().read("pool.image.json", limitBytes: 4096)
        for text in [#"{"version":2,"filesystem":"xfs","created":""}"#, "{", ""] {
            try rig.folder().replace("pool.image.json", with: Array(text.utf8), mode: 0o600, sync: false)
            rig.refuses()
        }
        let other = #"{"version":1,"filesystem":"btrfs","created":""}"#
        try rig.folder().replace("pool.image.json", with: Array(other.utf8), mode: 0o600, sync: false)
        rig.refuses(naming: "another file system")
        try rig.folder().replace("pool.image.json", with: record, mode: 0o600, sync: false)
        try rig.openFile().pwrite([UInt8](repeating: 0, count: 4096), offset: 0)
        rig.refuses(naming: "neither XFS nor btrfs")
        #expect(try rig.openFile().pread(offset: 0, upTo: 4096).allSatisfy { $0 == 0 })
        #expect(try rig.devices() == [])
    }

    @Test("A file system that does not mount is left as it is, with the remedy in the error")
    func damaged() throws {
        let rig = try PoolImageRig()
        try rig.open()
        try rig.reboot()
        // In the label, which the checksum of the superblock covers.
        try rig.openFile().pwrite([0x58], offset: 108)
        let before = try rig.openFile().pread(offset: 0, upTo: 1 << 16)
        for _ in 1...2 { rig.refuses(naming: "xfs_repair /dev/loop", "without -L", "nothing was changed") }
        #expect(try rig.openFile().pread(offset: 0, upTo: 1 << 16) == before)
        let device = try rig.device()
        #expect(try rig.mounts() == [])
        try TestTool.run("xfs_repair", [device.path])
        try rig.open()
        #expect(try rig.device() == device)
    }

    @Test("A device that was attached by hand is not used, nor a file that somebody has locked")
    func byHand() throws {
        let rig = try PoolImageRig()
        try rig.open()
        try rig.reboot()
        let device = try TestTool.run("losetup", ["--find", "--show", "\(rig.path)/pool.image"])
            .standardOutput.split(separator: "\n").map(String.init)
        rig.refuses(naming: "by hand", device[0])
        try TestTool.run("losetup", ["--detach", device[0]])
        let other = try rig.openFile()
        #expect(try other.tryLock(.exclusive))
        rig.refuses(naming: "in use")
        try other.unlock()
        try rig.open()
    }

    @Test("A host without room refuses a full file at its creation, and keeps nothing of it")
    func noRoom() throws {
        let rig = try PoolImageRig(hostBytes: 1 << 30)
        rig.refuses(gibibytes: 2, .full, naming: "2048 MiB", "free", "image-allocation=sparse")
        #expect(try rig.entries() == [])
    }

    @Test("A sparse file promises no more than the host has, and a host that is too small is a warning")
    func sparseOnSmallHost() throws {
        let rig = try PoolImageRig(hostBytes: 1 << 30)
        let space = try rig.open(gibibytes: 4, .sparse).space()
        #expect(rig.log.contains("level=warning") && rig.log.contains("cannot hold"))
        #expect(space.total > .gibibytes(3))
        let host = try FilesystemSpace.at(rig.path).availableBytes
        #expect(space.free.bytes >= host && space.free.bytes < host + 128 << 20)
    }

    @Test("A growth or a filling for which the host has no room is logged, and the pool is served as it is")
    func noRoomToGrow() throws {
        let rig = try PoolImageRig(hostBytes: 2 << 30)
        let total = try rig.open(.full).space().total
        #expect(try rig.open(gibibytes: 4, .full).space().total == total)
        #expect(rig.log.contains("level=error") && rig.log.contains("served as it is"))
        #expect(try rig.file().sizeBytes == 1 << 30)
        let larger = try rig.open(gibibytes: 4, .sparse).space().total
        #expect(larger > total)
        let free = try FilesystemSpace.at(rig.path).availableBytes
        #expect(try rig.open(gibibytes: 4, .full).space().total == larger)
        #expect(try FilesystemSpace.at(rig.path).availableBytes > free - 64 << 20)
    }
}

extension TemporaryFolder {
    /// Makes a folder at a path and opens it.
    static func made(_ path: String) throws -> Directory {
        let cut = try #require(path.lastIndex(of: "/"))
        return try Directory.open(String(path[..<cut]))
            .create(String(path[path.index(after: cut)...]), mode: 0o700)
    }
}
