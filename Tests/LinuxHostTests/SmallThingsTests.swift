import TestSupport
import Testing

@testable import LinuxHost

@Suite struct SmallThingsTests {
    @Test("SHA-256 gives the digest of the standard's examples")
    func digest() {
        #expect(
            Digest.sha256Hex(Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest.sha256Hex([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("the limit of descriptors rises to what the kernel allows this process")
    func descriptors() throws {
        try ProcessFigures.raiseDescriptorLimit()
        let line = try #require(
            TextFile.read("/proc/self/limits")?.split(separator: "\n").first {
                $0.hasPrefix("Max open files")
            })
        let words = line.split(separator: " ")
        #expect(words.count > 4 && words[3] == words[4])
        #expect(words[3] == "\(ProcessFigures.now().descriptorLimit)")
    }

    @Test("random digits have the length asked for and differ")
    func random() {
        #expect(RandomBytes.hex(byteCount: 16).utf8.count == 32)
        #expect(RandomBytes.hex(byteCount: 16) != RandomBytes.hex(byteCount: 16))
        #expect(RandomBytes.hex(byteCount: 0).isEmpty)
    }

    @Test(
        "times are written as in RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"), (1_735_689_600, "2025-01-01T00:00:00.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"), (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ])
    func time(seconds: Int64, text: String) {
        #expect(Clock.rfc3339(nanoseconds: seconds * 1_000_000_000) == text)
    }

    @Test("a small file is read without its newline, a long or missing one is nil")
    func textFile() {
        #expect(TextFile.read("/proc/self/comm")?.isEmpty == false)
        #expect(TextFile.read("/proc/self/comm")?.contains("\n") == false)
        #expect(TextFile.read("/proc/self/maps", limitBytes: 10) == nil)
        #expect(TextFile.read("/no/such/file") == nil)
    }

    @Test("a thread has its name and can be waited for")
    func thread() throws {
        let temporary = try TemporaryFolder()
        let path = temporary.path
        let thread = try OwnThread.start(name: "a-name-that-is-too-long") {
            do {
                let name = TextFile.read("/proc/thread-self/comm") ?? ""
                try Directory.open(path).write("name", Array(name.utf8), mode: 0o600)
            } catch {
                Issue.record(error)
            }
        }
        try thread.join()
        #expect(TextFile.read("\(path)/name") == "a-name-that-is-")
    }

    @Test("an error number has a name, a foreign one a number")
    func names() {
        #expect(Errno.noSpace.name == "ENOSPC" && Errno.quota.name == "EDQUOT")
        #expect(Errno(rawValue: 9999).name == "error 9999")
    }

    @Test(
        "paths of callers are taken only if absolute and plain",
        arguments: [
            "", "/", "a", "a/b", "/a/../b", "/a/./b", "/a//b", "/a\0b", "/..", "/a/..", "//", "/a//",
            "/" + String(repeating: "a/", count: 2100), "/" + String(repeating: "a", count: 256),
        ])
    func refusedTargets(path: String) {
        #expect(TargetPath(path) == nil)
    }

    @Test("a path is split into folder and name, and one slash at its end is forgiven")
    func targets() throws {
        let path = try #require(TargetPath("/var/lib/kubelet/x/"))
        #expect(path.text == "/var/lib/kubelet/x" && path.parent == "/var/lib/kubelet" && path.name == "x")
        #expect(try #require(TargetPath("/x")).parent == "/")
        #expect(TargetPath("/...a/b c/ü")?.name == "ü")
    }

    @Test("using a closed descriptor stops the process")
    func badDescriptor() async {
        await #expect(processExitsWith: .failure) {
            let file = OwnedDescriptor(owning: 987_654)
            try file.sync()
        }
    }
}
