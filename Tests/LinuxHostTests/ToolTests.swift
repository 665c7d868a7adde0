import LinuxHost
import TestSupport
import Testing

@Suite struct ToolTests {
    private func shell(_ script: String, seconds: Double = 20) throws -> ToolResult {
        let tool = try #require(Tool.find("sh"))
        return try tool.run(["-c", script], deadlineSeconds: seconds)
    }

    @Test("status and both outputs come back")
    func outputs() throws {
        let result = try shell("echo out; echo err >&2; exit 3")
        #expect(result == ToolResult(exitStatus: 3, standardOutput: "out\n", standardError: "err\n"))
    }

    @Test("a program that is not there is not found, and a path is no name")
    func missing() {
        #expect(Tool.find("no-such-program-here") == nil)
        #expect(Tool.find("../bin/sh") == nil)
    }

    @Test("the environment is fixed, standard input is empty and no other descriptor is open")
    func surroundings() throws {
        let held = try OwnedDescriptor.open("/dev/zero", .readOnly)
        let result = try shell("cat; env | sort; ls /proc/self/fd | wc -l")
        let lines = result.standardOutput.split(separator: "\n")
        #expect(lines.contains("LC_ALL=C"))
        // The three standard ones, and the one that ls lists with.
        #expect(lines.last == "4")
        #expect(lines.filter { $0.contains("=") && !$0.hasPrefix("PWD=") && !$0.hasPrefix("_=") }.count <= 4)
        try held.close()
    }

    @Test("of endless output the last bytes are kept")
    func boundedOutput() throws {
        let result = try shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo the end")
        #expect(result.standardOutput.utf8.count == 8192)
        #expect(result.standardOutput.hasSuffix("line 19999\nthe end\n"))
    }

    @Test("at the deadline the program and its children are killed, and no zombie is left")
    func deadline() throws {
        let temporary = try TemporaryFolder()
        let before = Clock.monotonicNanoseconds
        let error = #expect(throws: ToolError.self) {
            _ = try self.shell(
                "sleep 1000 & echo $! > \(temporary.path)/child; echo $$ > \(temporary.path)/own; sleep 1000",
                seconds: 0.5)
        }
        #expect(error?.reason == .timedOut)
        #expect(Clock.monotonicNanoseconds - before < 10_000_000_000)
        for name in ["child", "own"] {
            let pid = try #require(TextFile.read("\(temporary.path)/\(name)"))
            #expect(endsSoon(pid))
        }
    }

    @Test("a child left in the background does not hold up the call and is killed")
    func background() throws {
        let result = try shell("sleep 1000 & echo $!", seconds: 20)
        #expect(endsSoon(result.standardOutput.split(separator: "\n").joined()))
    }

    @Test("a program killed by a signal, or refused by its status, says so with its last words")
    func failures() throws {
        let killed = #expect(throws: ToolError.self) { _ = try self.shell("echo oops >&2; kill -9 $$") }
        #expect(killed?.reason == .signaled(9) && killed?.lastLines == "oops")
        let tool = try #require(Tool.find("sh"))
        let refused = #expect(throws: ToolError.self) {
            try tool.run(["-c", "echo a; echo b; exit 4"], expecting: [0, 1], deadlineSeconds: 20)
        }
        #expect(refused?.description == "sh: exit status 4: a; b")
    }

    @Test("an argument with a NUL byte is refused, and odd ones arrive as they are")
    func arguments() throws {
        let tool = try #require(Tool.find("printf"))
        #expect(throws: ToolError.self) { _ = try tool.run(["a\0b"], deadlineSeconds: 1) }
        #expect(
            try tool.run(["%s|%s|%s", "a b", "", "ü$x"], deadlineSeconds: 20).standardOutput == "a b||ü$x")
    }

    @Test("many threads run children at once")
    func concurrency() throws {
        var threads: [WriterThread] = []
        for index in 0..<8 {
            let thread = try OwnThread.start(name: "tool") {
                do {
                    for round in 0..<10 {
                        let result = try #require(Tool.find("echo")).run(
                            ["\(index).\(round)"], deadlineSeconds: 20)
                        #expect(result.standardOutput == "\(index).\(round)\n")
                    }
                } catch {
                    Issue.record(error)
                }
            }
            threads.append(WriterThread(thread: thread))
        }
        for thread in threads { try thread.join() }
    }

    /// Whether a process is gone, or a zombie of somebody else's, within a second.
    private func endsSoon(_ pid: String) -> Bool {
        for _ in 0..<100 {
            guard let status = TextFile.read("/proc/\(pid)/stat") else { return true }
            let isZombieOfAnother = status.contains(") Z ") && !status.contains(") Z \(ownPID) ")
            if isZombieOfAnother { return true }
            Clock.sleep(nanoseconds: 10_000_000)
        }
        return false
    }

    private var ownPID: String {
        TextFile.read("/proc/self/stat")?.split(separator: " ").first.map(String.init) ?? ""
    }
}
