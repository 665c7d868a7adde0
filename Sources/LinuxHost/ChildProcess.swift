internal import CLinux

/// A program that runs beside this one, as a child in a process group of its own.
///
/// A child that was not seen to end is killed and reaped when the value goes. From one thread at a time.
package struct ChildProcess: ~Copyable {
    /// How a child ended.
    package enum End: Equatable, Sendable {
        /// It ended with this status.
        case exited(Int32)
        /// A signal ended it.
        case signaled(Int32)
    }

    /// Its process id, which is its own until `wait` has told the end.
    package let processID: Int32
    private var end: End?

    /// Starts a program without a shell; both of its output streams go to the open file.
    ///
    /// It gets standard input from /dev/null, the environment `LC_ALL=C` and a plain PATH, no other descriptor of this
    /// process, and no blocked signal. The first argument is the program's name for itself.
    package static func start(
        _ path: String, _ arguments: [String], output: borrowing OwnedDescriptor
    ) throws(SystemError) -> ChildProcess {
        for text in [path] + arguments { try checkText(text, call: "posix_spawn") }
        let environment = ["LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin:/bin"]
        let number = output.number
        let started = unsafe CStringArray.with(arguments) { argumentList in
            unsafe CStringArray.with(environment) { environmentList in
                unsafe clinux_child_start(path, argumentList, environmentList, number)
            }
        }
        return ChildProcess(processID: try SystemError.check("posix_spawn", on: path, started))
    }

    private init(processID: Int32) { self.processID = processID }

    /// Asks the child to end (SIGTERM).
    package func terminate() throws(SystemError) { try signal(clinux_signal_terminate) }

    /// Ends the child without asking (SIGKILL).
    package func kill() throws(SystemError) { try signal(clinux_signal_kill) }

    /// Waits for so long at most for the child to end; nil if it still runs.
    package mutating func wait(seconds: Double) throws(SystemError) -> End? {
        if let end { return end }
        var status: Int32 = 0
        var endedBy: Int32 = 0
        let milliseconds = Int64(max(0, min(seconds, 1e9)) * 1000)
        let result = unsafe clinux_child_wait(processID, milliseconds, &status, &endedBy)
        guard try SystemError.check("wait", on: "process \(processID)", result) == 1 else { return nil }
        end = endedBy == 0 ? .exited(status) : .signaled(endedBy)
        return end
    }

    private func signal(_ number: Int32) throws(SystemError) {
        guard end == nil else { return }
        try SystemError.check("kill", on: "process \(processID)", clinux_child_signal(processID, number))
    }

    deinit {
        guard end == nil else { return }
        // Nobody is left to tell. A child that was killed ends within moments, unless the kernel holds it.
        var status: Int32 = 0
        var endedBy: Int32 = 0
        _ = clinux_child_signal(processID, clinux_signal_kill)
        _ = unsafe clinux_child_wait(processID, 5000, &status, &endedBy)
    }
}
