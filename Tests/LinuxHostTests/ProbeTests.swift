import LinuxHost
import TestSupport
import Testing

@Suite struct ProbeTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    private func make(_ filesystem: String, _ words: [String], bytes: Int64) throws -> OwnedDescriptor {
        let image = try temporary.file("image", bytes: bytes)
        try TestTool.run("mkfs.\(filesystem)", words + ["\(temporary.path)/image"])
        return image
    }

    @Test("an image without any signature is empty")
    func empty() throws {
        let image = try temporary.file("image", bytes: 64 << 20)
        #expect(try FilesystemProbe.probe(image) == .empty)
        #expect(try Superblock.read(image) == nil)
        #expect(try Superblock.read(temporary.file("tiny", bytes: 0)) == nil)
    }

    @Test(
        "each file system is found with its UUID, size and health",
        arguments: [("ext4", 64), ("xfs", 320), ("btrfs", 128)])
    func filesystems(type: String, mebibytes: Int64) throws {
        let bytes = mebibytes << 20
        let image = try make(type, type == "ext4" ? ["-q", "-b", "4096"] : ["-q"], bytes: bytes)
        guard case .filesystem(let found, let uuid) = try FilesystemProbe.probe(image) else {
            Issue.record("no file system found")
            return
        }
        #expect(found == type && uuid?.utf8.count == 36)
        let superblock = try #require(try Superblock.read(image))
        #expect("\(superblock.kind)" == type && superblock.filesystemBytes == bytes && !superblock.hasErrors)
        try image.truncate(to: bytes * 2)
        #expect(try Superblock.read(image)?.filesystemBytes == bytes)
    }

    @Test("an error noted in an ext4 superblock is seen")
    func errors() throws {
        let image = try make("ext4", ["-q"], bytes: 16 << 20)
        try TestTool.run("debugfs", ["-w", "-R", "set_super_value state 2", "\(temporary.path)/image"])
        #expect(try Superblock.read(image)?.hasErrors == true)
    }

    @Test("a partition table and a swap area are foreign")
    func foreign() throws {
        let image = try temporary.file("image", bytes: 16 << 20)
        // The boot signature and one partition of type Linux, 2048 sectors from sector 2048.
        try image.pwrite([0, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0], offset: 446)
        try image.pwrite([0x55, 0xaa], offset: 510)
        #expect(try FilesystemProbe.probe(image) == .foreign("partition table dos"))
        let swap = try temporary.file("swap", bytes: 16 << 20)
        try TestTool.run("mkswap", ["\(temporary.path)/swap"])
        #expect(try FilesystemProbe.probe(swap) == .foreign("swap"))
    }

    @Test("two signatures that contradict each other are ambiguous")
    func ambiguous() throws {
        let image = try make("ext4", ["-q", "-b", "4096"], bytes: 64 << 20)
        try image.pwrite(Array("XFSB".utf8), offset: 0)
        let other = try temporary.file("xfs", bytes: 320 << 20)
        try TestTool.run("mkfs.xfs", ["-q", "\(temporary.path)/xfs"])
        try image.pwrite(other.preadExactly(offset: 0, count: 512), offset: 0)
        #expect(try FilesystemProbe.probe(image) == .ambiguous)
    }
}
