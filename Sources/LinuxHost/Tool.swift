internal import CLinux

/// What a child process did.
package struct ToolResult: Equatable, Sendable {
    /// Its exit status.
    package let exitStatus: Int32
    /// The last 8 KiB of what it wrote to standard output.
    package let standardOutput: String
    /// The last 8 KiB of what it wrote to standard error.
    package let standardError: String

    /// Describes an outcome; tests and fakes make them too.
    package init(exitStatus: Int32, standardOutput: String, standardError: String) {
        self.exitStatus = exitStatus
        self.standardOutput = standardOutput
        self.standardError = standardError
    }
}

/// A child process that did not do its work.
package struct ToolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// In which way it failed.
    package enum Reason: Equatable, Sendable {
        /// There is no such program.
        case notFound
        /// It could not be started.
        case notStarted(Errno)
        /// It ended with this status.
        case exited(Int32)
        /// A signal ended it.
        case signaled(Int32)
        /// It was killed at its deadline.
        case timedOut
    }

    /// The name of the program.
    package let program: String
    /// In which way it failed.
    package let reason: Reason
    /// The last lines that it wrote, errors first choice.
    package let lastLines: String

    /// Describes a failure; tests and fakes make them too.
    package init(program: String, reason: Reason, lastLines: String) {
        self.program = program
        self.reason = reason
        self.lastLines = lastLines
    }

    /// "mkfs.ext4: exit status 1: ...".
    package var description: String {
        let what =
            switch reason {
            case .notFound: "not installed"
            case .notStarted(let error): "not started, \(error.name)"
            case .exited(let status): "exit status \(status)"
            case .signaled(let signal): "ended by signal \(signal)"
            case .timedOut: "killed at its deadline"
            }
        return lastLines.isEmpty ? "\(program): \(what)" : "\(program): \(what): \(lastLines)"
    }
}

/// An installed program that is run as a child, without a shell.
package struct Tool: Hashable, Sendable {
    /// Its name.
    package let name: String
    /// Where it was found.
    package let path: String

    private static let systemFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]

    /// Looks in the folders of the system, then in those of PATH; nil if it is in none.
    ///
    /// In that order because mkfs is looked for by each probe, and is where Debian puts it.
    package static func find(_ name: String) -> Tool? {
        guard !name.isEmpty, !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") }) else {
            return nil
        }
        let folders = (HostIdentity.environment("PATH") ?? "").split(separator: ":").map(String.init)
        let path = (systemFolders + folders.filter { $0.hasPrefix("/") })
            .map { "\($0)/\(name)" }
            .first { (candidate: String) in unsafe clinux_can_execute(candidate) == 0 }
        return path.map { Tool(name: name, path: $0) }
    }

    /// Runs the program and waits for its end, whatever its exit status.
    ///
    /// It gets standard input from /dev/null, the environment `LC_ALL=C` and a plain PATH, no descriptor of this
    /// process, and a process group of its own. At the deadline the group is killed; nothing of the group outlives
    /// the call. A program stuck inside the kernel holds the call up beyond the deadline, since it still works.
    package func run(_ arguments: [String], deadlineSeconds: Double) throws(ToolError) -> ToolResult {
        guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw ToolError(
                program: name, reason: .notStarted(.invalid), lastLines: "an argument has a NUL byte")
        }
        let environment = ["LC_ALL=C", "PATH=\(Self.systemFolders.joined(separator: ":"))"]
        var result = clinux_tool_result()
        let milliseconds = Int64(max(0, min(deadlineSeconds, 1e9)) * 1000)
        let started = unsafe CStringArray.with([name] + arguments) { argumentList in
            unsafe CStringArray.with(environment) { environmentList in
                unsafe clinux_tool_run(path, argumentList, environmentList, milliseconds, &result)
            }
        }
        let output = text(result.output)
        let error = text(result.error)
        func failure(_ reason: ToolError.Reason) -> ToolError {
            ToolError(program: name, reason: reason, lastLines: lastLines(error.isEmpty ? output : error))
        }
        if started == -Errno.noEntry.rawValue { throw failure(.notFound) }
        if started < 0 { throw failure(.notStarted(Errno(rawValue: -started))) }
        if result.timed_out { throw failure(.timedOut) }
        if result.signal != 0 { throw failure(.signaled(result.signal)) }
        return ToolResult(exitStatus: result.exit_status, standardOutput: output, standardError: error)
    }

    /// Runs the program and takes every exit status but the given ones for a failure.
    @discardableResult
    package func run(_ arguments: [String], expecting expected: Set<Int32>, deadlineSeconds: Double)
        throws(ToolError) -> ToolResult
    {
        let result = try run(arguments, deadlineSeconds: deadlineSeconds)
        guard expected.contains(result.exitStatus) else {
            let said = result.standardError.isEmpty ? result.standardOutput : result.standardError
            throw ToolError(program: name, reason: .exited(result.exitStatus), lastLines: lastLines(said))
        }
        return result
    }

    private func text(_ output: clinux_tool_output) -> String {
        unsafe withUnsafePointer(to: output) { kept in
            let bytes = unsafe UnsafeRawBufferPointer(
                start: clinux_tool_output_bytes(kept), count: kept.pointee.count)
            return unsafe String(decoding: bytes, as: UTF8.self)
        }
    }

    /// At most five lines and 512 bytes, on one line.
    private func lastLines(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).suffix(5).joined(separator: "; ")
        return String(decoding: lines.utf8.suffix(512), as: UTF8.self)
    }
}
