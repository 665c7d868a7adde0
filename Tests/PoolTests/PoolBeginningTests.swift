import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("Beginning a pool")
struct PoolBeginningTests {
    private let folder: TemporaryFolder
    private let memory: PoolMemory
    private let name: PoolName

    init() throws {
        folder = try TemporaryFolder()
        memory = PoolMemory(folder: "\(folder.path)/run/pools", log: quiet)
        name = try known(PoolName("test"))
        try folder.open().create("pool", mode: 0o700)
    }

    private var path: String { "\(folder.path)/pool" }

    private func open() throws -> DiskPool {
        try DiskPool.open(
            path, name: name, beginning: PoolBeginning(of: name, at: path, memory: memory), log: quiet)
    }

    @Test("A pool whose disk is missing is not begun anew below, unless its note is removed", .requiresRoot)
    func remembered() throws {
        let disk = try TestPool(.ext4, bytes: 64 << 20)
        let path = "\(disk.path)/pool"
        func open() throws -> PoolDescription {
            let pool = try DiskPool.open(
                path, name: name, beginning: PoolBeginning(of: name, at: path, memory: memory), log: quiet)
            memory.remember(pool.pool, at: path)
            return pool.pool
        }
        try folder.open().create("run", mode: 0o700)
        let first = try open()
        #expect(memory.recall(name, at: path)?.id == first.id)
        #expect(try open().id == first.id)
        try TestTool.run("umount", [disk.path])
        for isThere in [false, true] {
            if isThere { try Directory.open(disk.path).create("pool", mode: 0o700) }
            let refusal = #expect(throws: PoolError.self) { _ = try open() }
            #expect(refusal?.description.contains(memory.file(of: name, at: path)) == true)
        }
        #expect(try Directory.open(path).entries() == [])
        try TestTool.run("mount", [disk.device.path, disk.path])
        #expect(try open().id == first.id)
        // A blank disk at the same place is somebody's wish.
        try TestTool.run("rm", ["-r", path])
        let second = try open()
        #expect(second.id != first.id)
        try TestTool.run("umount", [disk.path])
        try TestTool.run("rm", [memory.file(of: name, at: path)])
        #expect(try open().id != second.id)
        try TestTool.run("rm", ["-r", path])
        try TestTool.run("mount", [disk.device.path, disk.path])
    }

    @Test("What has objects and lacks the file that names it is no new pool")
    func objects() throws {
        _ = try open()
        try Directory.open("\(path)/volumes").create("v", mode: 0o700)
        try TestTool.run("rm", ["\(path)/pool.json"])
        let refusal = #expect(throws: PoolError.self) { _ = try open() }
        #expect(refusal?.description.contains("volumes/v") == true)
    }

    @Test("A note that cannot be read or written is as good as none", arguments: ["torn", "fifo", "blocked"])
    func useless(kind: String) throws {
        let file = memory.file(of: name, at: path)
        switch kind {
        case "blocked": try folder.open().write("run", [1], mode: 0o600)
        default:
            try TestTool.run("mkdir", ["-p", "\(folder.path)/run/pools"])
            if kind == "fifo" {
                try TestTool.run("mkfifo", [file])
            } else {
                try TestTool.run("touch", [file])
            }
        }
        #expect(memory.recall(name, at: path) == nil)
        let pool = try open().pool
        memory.remember(pool, at: path)
        #expect(try open().pool.id == pool.id)
    }
}
