import Glibc
import LinuxHost
import Synchronization
import Testing

/// A program of a cluster, node or relay, that is started again and again in the same place.
final class Machine: Sendable {
    let folder: String
    private let process = Mutex<DriverProcess?>(nil)

    init(_ folder: String) throws {
        self.folder = folder
        try Host.makeFolder(folder)
    }

    deinit { kill9() }

    var socket: String { "\(folder)/csi.sock" }

    var client: DriverClient { DriverClient(socket: socket) }

    var logPath: String { "\(folder)/log" }

    var log: String { TextFile.read(logPath, limitBytes: 1 << 26) ?? "" }

    /// The running program.
    var running: DriverProcess {
        get throws { try #require(process.withLock { $0 }, "nothing was started in \(folder)") }
    }

    func launch(_ command: [String]) throws {
        let child = try DriverProcess(command: command, socket: socket, log: logPath)
        process.withLock { $0 = child }
    }

    /// Ends it without letting it do anything more.
    func kill9() { process.withLock { $0?.kill9() } }

    /// Ends it, and expects that it ends well.
    func stop(sourceLocation: SourceLocation = #_sourceLocation) throws {
        guard let child = process.withLock({ $0 }), child.ended() == nil else { return }
        // A process that was stopped for a while could not hear of it.
        resume()
        let ending = try child.stop()
        #expect(ending == .exited(0), "\(folder): \(log.suffix(3000))", sourceLocation: sourceLocation)
    }

    /// Lets it hang, with all its connections open.
    ///
    /// A thread in the middle of a system call goes on for a moment, so all are waited for.
    func suspend() throws {
        guard let child = process.withLock({ $0 }), child.ended() == nil else { return }
        signal(SIGSTOP)
        let tasks = "/proc/\(child.processID)/task"
        try waitUntil("all threads of \(folder) stand still") {
            try Host.names(in: tasks).allSatisfy { task in
                // proc_pid_stat(5): the state follows the name in parentheses.
                let stat = TextFile.read("\(tasks)/\(task)/stat", limitBytes: 4096) ?? ") T"
                return stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].hasPrefix(") T")
            }
        }
    }

    func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        process.withLock { child in
            if let child, child.ended() == nil { _ = kill(child.processID, number) }
        }
    }

    /// Waits until the log holds the words.
    func waitForLog(_ words: String) throws {
        try waitUntil("\(folder) says '\(words)'") { self.log.contains(words) }
    }
}
