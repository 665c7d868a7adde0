import LinuxHost
import TestSupport
import Testing

@Suite struct FileTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    @Test("allocation reserves blocks, truncation makes a hole, and both are seen in the status")
    func allocation() throws {
        let file = try temporary.file("f", bytes: 1 << 20)
        #expect(try file.status().sizeBytes == 1 << 20)
        #expect(try file.status().allocatedBytes == 0)
        try file.allocate(bytes: 2 << 20)
        #expect(try file.status().sizeBytes == 2 << 20)
        #expect(try file.status().allocatedBytes >= 2 << 20)
        #expect(try file.punchHole(offset: 0, bytes: 1 << 20))
        #expect(try file.status().allocatedBytes < 2 << 20)
        try file.sync()
        try file.close()
    }

    @Test("a short file is not taken for a full read")
    func shortRead() throws {
        let file = try temporary.file("f", bytes: 10)
        #expect(try file.preadExactly(offset: 2, count: 8) == Array(repeating: 0, count: 8))
        expectFailure(.inputOutput) { _ = try file.preadExactly(offset: 2, count: 9) }
    }

    @Test("an exclusive lock shuts out all others, shared ones shut out an exclusive one")
    func locks() throws {
        let one = try temporary.file("f", bytes: 1)
        let folder = try temporary.open()
        let two = try folder.openFile("f", .readOnly)
        #expect(try one.tryLock(.exclusive))
        #expect(try !two.tryLock(.shared))
        try one.unlock()
        #expect(try two.tryLock(.shared))
        #expect(try one.tryLock(.shared))
        #expect(try !one.tryLock(.exclusive))
    }

    @Test("data and holes of a sparse file are told apart and copied")
    func sparseCopy() throws {
        let source = try temporary.file("s", bytes: 16 << 20)
        try source.pwrite([1, 2, 3], offset: 8 << 20)
        let data = try #require(try source.nextData(from: 0))
        #expect(data.lowerBound == 8 << 20 && data.count < 1 << 20)
        #expect(try source.nextData(from: data.upperBound) == nil)
        let copy = try temporary.file("c", bytes: 16 << 20)
        var at = data.lowerBound
        while at < data.upperBound {
            at += try source.copyRange(offset: at, bytes: data.upperBound - at, to: copy)
        }
        #expect(try copy.preadExactly(offset: 8 << 20, count: 4) == [1, 2, 3, 0])
        #expect(try copy.status().allocatedBytes < 1 << 20)
    }

    @Test(
        "clones, hints and flags work where the file system has them, and say so where not",
        .requiresRoot, arguments: TestPool.Filesystem.allCases)
    func filesystemAbilities(filesystem: TestPool.Filesystem) throws {
        let pool = try TestPool(filesystem)
        let folder = try pool.open()
        let source = try folder.createFile("source", mode: 0o600)
        #expect(try source.setExtentSizeHints(bytes: 1 << 20) == (filesystem == .xfs))
        #expect(try source.setNoCopyOnWrite() == (filesystem == .btrfs))
        let plain = try folder.createFile("plain", mode: 0o600)
        try plain.pwrite(Array(repeating: 5, count: 1 << 20), offset: 0)
        let copy = try folder.createFile("copy", mode: 0o600)
        if filesystem == .ext4 {
            expectFailure(.notSupported) { try copy.clone(from: plain) }
        } else {
            try copy.clone(from: plain)
            #expect(try copy.preadExactly(offset: (1 << 20) - 1, count: 1) == [5])
        }
        let space = try folder.space()
        #expect("\(space.type)" == filesystem.rawValue)
        #expect(space.totalBytes > 1 << 29 && space.availableBytes <= space.totalBytes && !space.isReadOnly)
        #expect(try folder.status().isMountRoot)
    }

    @Test("a full file system is told as such", .requiresRoot)
    func noSpace() throws {
        let pool = try TestPool(.xfs)
        let file = try pool.open().createFile("big", mode: 0o600)
        expectFailure(.noSpace) { try file.allocate(bytes: 2 << 30) }
    }

    @Test("a frozen file system is frozen once and thawed once", .requiresRoot)
    func freezing() throws {
        let pool = try TestPool(.xfs)
        let folder = try pool.open()
        try folder.descriptor.freezeFilesystem()
        expectFailure(.busy) { try folder.descriptor.freezeFilesystem() }
        try folder.descriptor.thawFilesystem()
        expectFailure(.invalid) { try folder.descriptor.thawFilesystem() }
    }
}
