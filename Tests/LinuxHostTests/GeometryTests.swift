import LinuxHost
import TestSupport
import Testing

@Suite("Which sizes a file system can have")
struct GeometryTests {
    private let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    private var path: String { "\(temporary.path)/image" }

    private func ext4(_ bytes: Int64, _ words: [String] = []) throws -> OwnedDescriptor {
        let image = try temporary.file("image", bytes: bytes)
        try TestTool.run(
            "mkfs.ext4",
            ["-q", "-F", "-b", "4096", "-O", "metadata_csum,metadata_csum_seed"] + words + [path])
        return image
    }

    private func grow(_ image: borrowing OwnedDescriptor, to bytes: Int64) throws -> Int64? {
        try image.truncate(to: bytes)
        let tool = try #require(Tool.find("e2fsck"))
        try tool.run(["-f", "-p", path], expecting: [0, 1], deadlineSeconds: 60)
        try TestTool.run("resize2fs", [path])
        return try Superblock.read(image)?.filesystemBytes
    }

    @Test(
        "An ext4 is told to become as large as resize2fs makes it, and no larger",
        arguments: [Int64(16), 100, 1024],
        [4096, 1 << 20, 3 << 20, 100 << 20, (128 << 20) + 4096, (384 << 20) + 49152, 1 << 30] as [Int64])
    func ext4Sizes(mebibytes: Int64, more: Int64) throws {
        let image = try ext4(mebibytes << 20)
        let superblock = try #require(try Superblock.read(image))
        let told = superblock.geometry.size(on: mebibytes << 20 + more)
        #expect(try grow(image, to: mebibytes << 20 + more) == max(told, superblock.filesystemBytes))
        // Once it is there, there is nothing to gain.
        let after = try #require(try Superblock.read(image))
        #expect(after.geometry.size(on: mebibytes << 20 + more) <= after.filesystemBytes)
        #expect(after.geometry.largestBytes == superblock.geometry.largestBytes)
    }

    @Test(
        "The largest size of a small ext4 is that of its reserved descriptors, up to which growth does no harm",
        arguments: [(Int64(16), Int64(16) << 30), (64, 64 << 30), (127, 128 << 30)])
    func ext4Largest(mebibytes: Int64, largest: Int64) throws {
        let image = try ext4(mebibytes << 20)
        #expect(try Superblock.read(image)?.geometry.largestBytes == largest)
        #expect(try grow(image, to: largest) == largest)
        try TestTool.run("e2fsck", ["-f", "-n", path])
        #expect(try Superblock.read(image)?.geometry.size(on: largest * 2) == largest)
    }

    @Test("A bigalloc is left as it is, since resize2fs does not grow it")
    func clusters() throws {
        let image = try ext4(1 << 30, ["-O", "bigalloc"])
        #expect(try Superblock.read(image)?.geometry.largestBytes == 1 << 30)
    }

    @Test("An XFS has a bounded number of groups, and no last one that is too small for its headers")
    func xfs() throws {
        let image = try temporary.file("image", bytes: 300 << 20)
        try TestTool.run("mkfs.xfs", ["-q", "-s", "size=4096", path])
        let geometry = try #require(try Superblock.read(image)).geometry
        #expect(geometry.largestBytes == (75 << 20) << 11)
        #expect(geometry.size(on: 4 << 40) == geometry.largestBytes)
        #expect(geometry.size(on: 300 << 20 + 63 * 4096) == 300 << 20)
        #expect(geometry.size(on: 300 << 20 + 64 * 4096) == 300 << 20 + 64 * 4096)
        #expect(geometry.size(on: 320 << 20 + 512) == 320 << 20)
        #expect(geometry.logBytes > 0)
    }

    @Test("Numbers that cannot be true are no file system, whatever they are", arguments: ["ext4", "xfs"])
    func hostile(kind: String) throws {
        let image = try temporary.file("image", bytes: 320 << 20)
        try TestTool.run("mkfs.\(kind)", ["-q", path])
        let original = try image.preadExactly(offset: 0, count: 4096)
        let start = kind == "ext4" ? 1024 : 0
        for value: UInt8 in [0, 1, 0x7f, 0xff] {
            for offset in stride(from: start, to: start + 512, by: 2) {
                var bytes = original
                for index in offset..<offset + 4 { bytes[index] = value }
                try image.pwrite(bytes, offset: 0)
                guard let found = try Superblock.read(image) else { continue }
                let size = found.geometry.size(on: 1 << 40)
                #expect(size <= 1 << 40, "\(value) at \(offset)")
            }
        }
    }
}
