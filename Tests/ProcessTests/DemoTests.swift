import LinuxHost
import TestSupport
import Testing

/// The subcommands that bring a driver of their own, run as a person runs them.
@Suite(.requiresRoot) final class DemoTests {
    private let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    deinit {
        do {
            let left = try KernelLeaks.clear(below: temporary.path)
            if !left.isEmpty { Issue.record("left behind: \(left)") }
        } catch {
            Issue.record(error)
        }
    }

    /// Starts a subcommand whose folder is in the test's own.
    private func start(_ words: String...) throws -> ChildProcess {
        let output = try temporary.open().createFile("output", mode: 0o600)
        let command = ["env", "TMPDIR=\(temporary.path)", try DriverProcess.program()] + words
        return try ChildProcess.start("/usr/bin/env", command, output: output)
    }

    private var output: String { TextFile.read("\(temporary.path)/output", limitBytes: 1 << 20) ?? "" }

    private func expectNothingLeft() throws {
        #expect(try KernelLeaks.below(temporary.path).isEmpty)
        #expect(try temporary.open().entries() == ["output"], "\(output)")
    }

    @Test("the demo passes each of its steps and leaves nothing")
    func demo() throws {
        var demo = try start("demo")
        #expect(try demo.wait(seconds: 120) == .exited(0), "\(output)")
        #expect(output.contains("all steps passed"))
        #expect(output.contains("the pool is in a file: /dev/loop"))
        #expect(output.contains("the restored volume says 100") && output.contains("the clone says 200"))
        #expect(output.contains("the restored ones say 50 and 50, the sources 60 and 60"))
        // Where Linux does not let the driver grow a mounted ext4, the demo says why.
        #expect(output.contains("CAP_SYS_RESOURCE") != HostIdentity.mayGrowMountedExt4)
        try expectNothingLeft()
    }

    @Test(
        "SIGTERM ends a demo with 143 at whatever step it is, and nothing is left",
        arguments: [
            "probe", "create ext4", "stage", "publish", "grow the volume", "create block", "read them back",
            "count to 100", "snapshot", "restore the snapshot", "the restored volume", "clone",
            "snapshot of both",
        ])
    func interrupted(after step: String) throws {
        var demo = try start("demo")
        try waitUntil("the demo has done '\(step)'") { output.contains("  \(step)") }
        try demo.terminate()
        #expect(try demo.wait(seconds: 60) == .exited(143), "\(output)")
        #expect(!output.contains("left over"), "\(output)")
        try expectNothingLeft()
    }

    @Test("SIGTERM while the demo's driver makes its pool leaves nothing either", arguments: 1...8)
    func interruptedAtStart(number: Int) throws {
        var demo = try start("demo")
        // Once the folder is there the signal is waited for, so the demo is not just killed by it.
        try waitUntil("the demo has its folder") { try temporary.open().entries().count == 2 }
        Clock.sleep(nanoseconds: Int64(number - 1) * 12_000_000)
        try demo.terminate()
        #expect(try demo.wait(seconds: 60) == .exited(143), "\(output)")
        #expect(!output.contains("left over"), "\(output)")
        try expectNothingLeft()
    }

    @Test("SIGTERM ends a bench with 143, and nothing is left")
    func interruptedBench() throws {
        var bench = try start("bench", "--lives", "1000")
        try waitUntil("the bench has begun its lives") { output.contains("microseconds") }
        try bench.terminate()
        #expect(try bench.wait(seconds: 60) == .exited(143), "\(output)")
        #expect(!output.contains("left over"), "\(output)")
        try expectNothingLeft()
    }
}
