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

    @Test("A pool that was served is not begun anew in its empty folder, unless its note is removed")
    func remembered() throws {
        try folder.open().create("run", mode: 0o700)
        let first = try open().pool
        memory.remember(first, at: path)
        #expect(memory.recall(name, at: path)?.id == first.id)
        #expect(try open().pool.id == first.id)
        for missing in ["pool", "pool.json"] {
            if missing == "pool" {
                try folder.open().renameNoReplace("pool", to: folder.open(), as: "away")
            } else {
                try folder.open().create("pool", mode: 0o700)
            }
            let refusal = #expect(throws: PoolError.self) { _ = try open() }
            #expect(refusal?.description.contains(memory.file(of: name, at: path)) == true)
        }
        #expect(try Directory.open(path).entries() == [])
        try TestTool.run("rm", [memory.file(of: name, at: path)])
        #expect(try open().pool.id != first.id)
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
