import TestSupport
import Testing

@testable import LinuxHost

@Suite struct ChildProcessTests {
    private let temporary: TemporaryFolder
    private let shell: Tool

    init() throws {
        temporary = try TemporaryFolder()
        shell = try #require(Tool.find("sh"))
    }

    private func start(_ script: String) throws -> ChildProcess {
        let output = try Directory.open(temporary.path).createFile("output", mode: 0o600)
        return try ChildProcess.start(shell.path, ["sh", "-c", script], output: output)
    }

    private func output() throws -> String {
        String(
            decoding: try Directory.open(temporary.path).read("output", limitBytes: 4096), as: UTF8.self)
    }

    @Test("a child writes both streams to one file and tells its exit status, also when asked twice")
    func exits() throws {
        var child = try start("echo out; echo err >&2; exit 3")
        #expect(try child.wait(seconds: 10) == .exited(3))
        #expect(try child.wait(seconds: 0) == .exited(3))
        #expect(try output() == "out\nerr\n")
    }

    @Test("a running child is not waited for longer than asked, and ends when it is told to")
    func terminates() throws {
        var child = try start("exec sleep 60")
        #expect(try child.wait(seconds: 0.01) == nil)
        try child.terminate()
        #expect(try child.wait(seconds: 10) == .signaled(Signals.terminate))
        // A child that has ended takes no more signals, for its number may be another's by now.
        try child.terminate()
        try child.kill()
    }

    @Test("a child ends with the value that holds it")
    func endsWithItsValue() throws {
        let processID: Int32
        do {
            let child = try start("exec sleep 60")
            processID = child.processID
            #expect(try FileStatus.at("/proc/\(processID)") != nil)
        }
        #expect(try FileStatus.at("/proc/\(processID)") == nil)
    }

    @Test("a missing program is an error")
    func missing() throws {
        let output = try Directory.open(temporary.path).createFile("output", mode: 0o600)
        do {
            _ = try ChildProcess.start("/nowhere/program", ["program"], output: output)
            Issue.record("it was started")
        } catch {
            #expect(error.errno == .noEntry)
        }
    }

    @Test("the loop devices are the lines of the partition table that are named so")
    func partitions() {
        let text = """
            major minor  #blocks  name

             254        0  268435456 vda
               7        3    1048576 loop3
             259        0       1024 loop3p1
               7       32        512 loop2
            """
        let devices = LoopDevices.parse(partitions: text)
        #expect(devices.map(\.number) == [2, 3])
        #expect(devices.map(\.deviceNumber.description) == ["7:32", "7:3"])
    }
}
