import TestSupport
import Testing

@testable import LinuxHost

@Suite("Looks that hold nothing", .requiresRoot)
struct LookTests {
    @Test("The locks of the machine are read without taking one", arguments: TestPool.Filesystem.allCases)
    func locks(filesystem: TestPool.Filesystem) throws {
        let pool = try TestPool(filesystem, bytes: 512 << 20)
        let held = try pool.open().createFile("held", mode: 0o600)
        let free = try pool.open().createFile("free", mode: 0o600)
        let mounts = MountIndex(try MountTable.read())
        let number = try #require(mounts.mount(held.status().mountID)?.device)
        #expect(try held.tryLock(.shared))
        let locks = try FileLocks.read()
        #expect(try locks.hold(inode: held.status().identity.inode, on: number))
        #expect(try !locks.hold(inode: free.status().identity.inode, on: number))
        try held.unlock()
        #expect(try !FileLocks.read().hold(inode: held.status().identity.inode, on: number))
    }

    @Test("The table of locks is understood: waiting locks and those of fcntl do not count")
    func parsing() {
        let text = """
            1: FLOCK  ADVISORY  WRITE 815 fd:00:77 0 EOF
            1: -> FLOCK  ADVISORY  WRITE 816 fd:00:78 0 EOF
            2: POSIX  ADVISORY  READ 817 fd:00:79 128 128
            3: FLOCK  ADVISORY  READ -1 103:105:80 0 EOF

            """
        let locks = FileLocks(parsing: text, areComplete: true)
        #expect(locks.hold(inode: 77, on: DeviceNumber(major: 0xfd, minor: 0)))
        #expect(locks.hold(inode: 80, on: DeviceNumber(major: 0x103, minor: 0x105)))
        for inode: UInt64 in [7, 78, 79] {
            #expect(!locks.hold(inode: inode, on: DeviceNumber(major: 0xfd, minor: 0)))
        }
    }

    @Test("The index of mounts says what the table says", arguments: TestPool.Filesystem.allCases)
    func index(filesystem: TestPool.Filesystem) throws {
        let pool = try TestPool(filesystem, bytes: 512 << 20)
        let table = try MountTable.read()
        let index = MountIndex(table)
        #expect(index.mounts(of: pool.device) == (try table.mounts(of: pool.device)))
        #expect(index.mounts(of: pool.device).map(\.target) == [pool.path])
        #expect(index.nodeBinds(of: pool.device).isEmpty)
        let folder = try TemporaryFolder()
        let target = try folder.file("node", bytes: 0)
        let node = try Directory.open("/dev").openPlace("loop\(pool.device.number)")
        try Mounting.bind(from: node, onto: target, options: MountOptions(flags: []))
        let after = try MountTable.read()
        #expect(MountIndex(after).nodeBinds(of: pool.device) == after.nodeBinds(of: pool.device))
        #expect(MountIndex(after).nodeBinds(of: pool.device).map(\.target) == ["\(folder.path)/node"])
    }

    @Test("Whether blocks can be shared is known without writing", arguments: TestPool.Filesystem.allCases)
    func sharing(filesystem: TestPool.Filesystem) throws {
        let pool = try TestPool(filesystem, bytes: 512 << 20)
        #expect(try pool.open().sharesBlocks() == (filesystem != .ext4))
        guard filesystem == .xfs else { return }
        let folder = try TemporaryFolder()
        let image = try folder.file("image", bytes: 512 << 20)
        try TestTool.run("mkfs.xfs", ["-q", "-m", "reflink=0", "\(folder.path)/image"])
        let device = try LoopDevices.attach(
            image, name: "test",
            options: .init(readOnly: false, directIO: false, blockSizeBytes: 512, allowDiscard: true))
        try Mounting.mountFilesystem(
            device: device, type: "xfs", at: folder.mountPoint("mnt"), options: MountOptions(flags: []))
        #expect(try Directory.open("\(folder.path)/mnt").sharesBlocks() == false)
        try folder.unmountAll()
        try device.detach()
    }

    @Test("Extents are counted where the file system tells them", arguments: TestPool.Filesystem.allCases)
    func extents(filesystem: TestPool.Filesystem) throws {
        let pool = try TestPool(filesystem, bytes: 512 << 20)
        let file = try pool.open().createFile("file", mode: 0o600)
        #expect(try file.extentCount() == 0)
        for piece: Int64 in 0..<10 { try file.allocate(from: piece << 21, bytes: 1 << 20) }
        #expect(try file.extentCount() ?? 0 >= 10)
    }
}
