import TestSupport
import Testing

@testable import LinuxHost

@Suite struct DirectoryTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    @Test(
        "a name that could lead out of the folder is refused",
        arguments: ["", ".", "..", "a/b", "/etc", "a\0b"])
    func badNames(name: String) throws {
        let folder = try temporary.open()
        #expect(throws: SystemError.self) { try folder.status(name) }
        #expect(throws: SystemError.self) { _ = try folder.createFile(name, mode: 0o600) }
        #expect(throws: SystemError.self) { try folder.removeTree(name) }
        #expect(throws: SystemError.self) { try folder.renameNoReplace("x", to: folder, as: name) }
    }

    @Test("a symbolic link is seen but never followed")
    func linksAreNotFollowed() throws {
        let folder = try temporary.open()
        try TestTool.run("ln", ["-s", "/etc", "\(temporary.path)/link"])
        try TestTool.run("ln", ["-s", "/etc/passwd", "\(temporary.path)/file"])
        #expect(try folder.status("link")?.kind == .symlink)
        expectFailure(.symbolicLink) { _ = try folder.open("link") }
        expectFailure(.symbolicLink) { _ = try folder.openFile("file", .readOnly) }
        expectFailure(.symbolicLink) { _ = try Directory.openWithoutLinks("\(temporary.path)/link/ssl") }
        try folder.removeTree("link")
        #expect(try folder.status("link") == nil)
        #expect(try FileStatus.at("/etc")?.kind == .directory)
    }

    @Test(
        "what is no regular file is never waited for, whoever holds its other end",
        arguments: [FileAccess.readOnly, .readWrite])
    func specialFiles(access: FileAccess) throws {
        let folder = try temporary.open()
        try TestTool.run("mkfifo", ["\(temporary.path)/fifo"])
        try TestTool.run(
            "python3",
            [
                "-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
                "\(temporary.path)/socket",
            ])
        try folder.create("folder", mode: 0o700)
        expectFailure(.invalid) { _ = try folder.openFile("fifo", access) }
        expectFailure(.invalid) { _ = try folder.openFile("socket", access) }
        expectFailure(.isDirectory) { _ = try folder.openFile("folder", access) }
        expectFailure(.invalid) { _ = try folder.read("fifo", limitBytes: 16) }
        try folder.write("file", [1], mode: 0o600)
        let file = try folder.openFile("file", access)
        let flags = try #require(
            TextFile.read("/proc/self/fdinfo/\(file.number)")?.split(separator: "\n")
                .first { $0.hasPrefix("flags:") })
        // O_NONBLOCK is 04000.
        #expect(Int(flags.split(separator: "\t").last ?? "", radix: 8).map { $0 & 0o4000 } == 0)
    }

    @Test("a device node that lies among files is not opened as one", .requiresRoot)
    func deviceNode() throws {
        let folder = try temporary.open()
        try TestTool.run("mknod", ["\(temporary.path)/null", "c", "1", "3"])
        expectFailure(.invalid) { _ = try folder.openFile("null", .readWrite) }
    }

    @Test("an error names the call, the file and the error")
    func errorText() throws {
        let folder = try temporary.open()
        let error = #expect(throws: SystemError.self) { _ = try folder.openFile("nothing", .readOnly) }
        #expect(error?.description == "open \(temporary.path)/nothing: ENOENT")
    }

    @Test("a written file is read back, and a name that is taken is not overwritten")
    func writeAndRead() throws {
        let folder = try temporary.open()
        try folder.write("a", [1, 2, 3], mode: 0o600)
        expectFailure(.exists) { try folder.write("a", [9], mode: 0o600) }
        #expect(try folder.read("a", limitBytes: 3) == [1, 2, 3])
        expectFailure(.fileTooBig) { _ = try folder.read("a", limitBytes: 2) }
        #expect(try folder.status("a")?.mode == 0o600)
    }

    @Test("replacing makes or exchanges the file and leaves no temporary one", arguments: [true, false])
    func replacing(sync: Bool) throws {
        let folder = try temporary.open()
        try folder.replace("r", with: [1], mode: 0o600, sync: sync)
        let first = try folder.status("r")?.identity
        try folder.replace("r", with: Array(repeating: 7, count: 100_000), mode: 0o600, sync: sync)
        #expect(try folder.read("r", limitBytes: 200_000).count == 100_000)
        #expect(try folder.status("r")?.identity != first)
        #expect(try folder.entries() == ["r"])
    }

    @Test("a replacement that fails leaves neither a temporary file nor a changed one")
    func failedReplacement() throws {
        let folder = try temporary.open()
        try folder.create("taken", mode: 0o700).write("child", [1], mode: 0o600)
        #expect(throws: SystemError.self) { try folder.replace("taken", with: [1], mode: 0o600, sync: true) }
        #expect(try folder.entries() == ["taken"])
    }

    @Test("a folder is moved over nothing, or an empty folder where the file system has no better call")
    func moveFolder() throws {
        let folder = try temporary.open()
        for name in ["a", "b", "c", "full", "empty"] { try folder.create(name, mode: 0o700) }
        try folder.open("full").write("file", [1], mode: 0o600)
        try folder.write("plain", [1], mode: 0o600)
        expectFailure(.exists) { try folder.moveFolder("a", to: folder, as: "full") }
        expectFailure(.exists) { try folder.moveFolder("a", to: folder, as: "empty") }
        try folder.moveFolder("a", to: folder, as: "moved")
        expectFailure(.exists) { try folder.moveOverEmptyFolder("b", to: folder, as: "full") }
        expectFailure(.notDirectory) { try folder.moveOverEmptyFolder("b", to: folder, as: "plain") }
        expectFailure(.notDirectory) { try folder.moveOverEmptyFolder("plain", to: folder, as: "full") }
        try folder.moveOverEmptyFolder("b", to: folder, as: "empty")
        try folder.moveOverEmptyFolder("c", to: folder.open("full"), as: "new")
        #expect(try folder.entries().sorted() == ["empty", "full", "moved", "plain"])
        #expect(try folder.open("full").entries().sorted() == ["file", "new"])
    }

    @Test("a file is published whole, once, and leaves nothing else")
    func publish() throws {
        let folder = try temporary.open()
        try folder.publish("id", [1, 2], mode: 0o600)
        expectFailure(.exists) { try folder.publish("id", [3], mode: 0o600) }
        #expect(try folder.read("id", limitBytes: 8) == [1, 2])
        #expect(try folder.entries() == ["id"])
    }

    @Test("readers see old or new content while files are replaced by several threads")
    func replacementIsAtomic() throws {
        let path = temporary.path
        try temporary.open().replace("r", with: Array(repeating: 0, count: 4096), mode: 0o600, sync: false)
        var writers: [WriterThread] = []
        for value in UInt8(1)...4 {
            writers.append(
                WriterThread(
                    thread: try OwnThread.start(name: "writer") {
                        do {
                            let folder = try Directory.open(path)
                            for _ in 0..<50 {
                                try folder.replace(
                                    "r", with: Array(repeating: value, count: 4096), mode: 0o600, sync: false)
                            }
                        } catch {
                            Issue.record(error)
                        }
                    }))
        }
        for _ in 0..<200 {
            let content = try temporary.open().read("r", limitBytes: 4096)
            #expect(content.count == 4096 && Set(content).count == 1)
        }
        for writer in writers { try writer.join() }
        #expect(try temporary.open().entries() == ["r"])
    }

    @Test("moving never overwrites, and moves between folders")
    func renaming() throws {
        let folder = try temporary.open()
        let other = try folder.create("other", mode: 0o700)
        try folder.write("a", [1], mode: 0o600)
        try other.write("b", [2], mode: 0o600)
        expectFailure(.exists) { try folder.renameNoReplace("a", to: other, as: "b") }
        try folder.renameNoReplace("a", to: other, as: "a")
        #expect(try other.entries().sorted() == ["a", "b"])
    }

    @Test("a listing holds all of a few thousand names, each time it is asked for")
    func longListing() throws {
        let folder = try temporary.open()
        let names = (0..<3000).map { "file-with-a-rather-long-name-\($0)" }
        for name in names { _ = try folder.createFile(name, mode: 0o600) }
        #expect(try Set(folder.entries()) == Set(names))
        #expect(try folder.entries().count == names.count)
    }

    @Test("ensuring says whether the folder was there, and refuses a file")
    func ensuring() throws {
        let folder = try temporary.open()
        #expect(try folder.ensure("x", mode: 0o700) == .created)
        #expect(try folder.ensure("x", mode: 0o700) == .alreadyPresent)
        try folder.write("f", [], mode: 0o600)
        expectFailure(.notDirectory) { try folder.ensure("f", mode: 0o700) }
    }

    @Test("a tree is removed whole, but nothing behind a link in it")
    func treeRemoval() throws {
        let folder = try temporary.open()
        try folder.create("outside", mode: 0o700).write("kept", [1], mode: 0o600)
        try folder.create("tree", mode: 0o700).create("inner", mode: 0o700).write("f", [1], mode: 0o600)
        try TestTool.run("ln", ["-s", "../outside", "\(temporary.path)/tree/link"])
        try folder.removeTree("tree")
        try folder.removeTree("tree")
        #expect(try folder.entries() == ["outside"])
        #expect(try folder.open("outside").entries() == ["kept"])
    }

    @Test("the lock of a folder is held by one open folder at a time")
    func folderLock() throws {
        let one = try temporary.open()
        let two = try temporary.open()
        #expect(try one.tryLock(.exclusive))
        #expect(try !two.tryLock(.exclusive))
        try one.unlock()
        #expect(try two.tryLock(.exclusive))
    }
}

/// A thread that can sit in an array.
final class WriterThread {
    private var thread: OwnThread?
    init(thread: consuming OwnThread) { self.thread = consume thread }
    func join() throws { try thread.take()?.join() }
}
