import CSIWire
internal import Glibc
import LinuxHost
import RPCClient

/// This very program as a server: a child process on a socket in a folder of its own.
final class ChildDriver {
    private static let startSeconds = 20.0
    private static let stopSeconds = 30.0

    /// The socket it serves.
    let socket: String
    private let logPath: String
    private var child: ChildProcess

    var processID: Int32 { child.processID }

    /// Starts the driver and waits until it says that it is ready; `pool` is what `--pool` takes.
    convenience init(folder: String, pool: String, flags: [String] = []) throws {
        try self.init(
            folder: folder, ["--node-id", "here", "--pool", pool, "--state-dir", "\(folder)/state"] + flags)
    }

    /// Starts a server with these flags and waits until it says that it is ready; `hosts` is a file that it finds in the
    /// place of /etc/hosts.
    init(folder: String, _ flags: [String], hosts: String? = nil) throws {
        socket = "\(folder)/csi.sock"
        logPath = "\(folder)/driver.log"
        let log = try Directory.open(folder).createFile("driver.log", mode: 0o600)
        child = try Self.start(
            ["serve", "--endpoint", "unix://\(socket)"] + flags, hosts: hosts, output: log)
        do {
            try waitUntilReady()
        } catch {
            showLog()
            throw error
        }
    }

    /// Opens a connection of its own.
    func connect() throws -> RPCConnection { try RPCConnection(socket: socket) }

    /// Starts this program; with `hosts` in a mount namespace of its own, where that file lies over /etc/hosts.
    static func start(
        _ arguments: [String], hosts: String? = nil, output: borrowing OwnedDescriptor
    ) throws -> ChildProcess {
        guard let hosts else {
            return try ChildProcess.start("/proc/self/exe", ["loopcsi"] + arguments, output: output)
        }
        // Each of the three replaces the one before it, so the process id stays.
        let step = "mount --bind \"$0\" /etc/hosts && exec \"$@\""
        return try ChildProcess.start(
            "/usr/bin/unshare",
            ["unshare", "--mount", "/bin/sh", "-c", step, hosts, "/proc/\(getpid())/exe"] + arguments,
            output: output)
    }

    private func waitUntilReady() throws {
        let deadline = Clock.monotonicNanoseconds + Int64(Self.startSeconds * 1e9)
        while true {
            try Interrupt.check()
            if let end = try child.wait(seconds: 0.001) {
                throw StartError("the driver ended at once: \(end)")
            }
            do {
                let reply = try connect().unary(
                    CSI.ProbeRequest.path, CSI.ProbeRequest().encoded(), timeout: 5)
                guard reply.code == 0 else { throw StartError("the driver is not ready: \(reply.message)") }
                // A relay says so before it knows all nodes.
                if try CSI.ProbeResponse(decoding: reply.body).ready != false { return }
            } catch let error as RPCClientError {
                guard Clock.monotonicNanoseconds < deadline else {
                    throw StartError("the driver does not answer: \(error)")
                }
            }
            guard Clock.monotonicNanoseconds < deadline else { throw StartError("the driver is not ready") }
        }
    }

    /// Ends the driver in order.
    func stop() throws {
        try child.terminate()
        guard let end = try child.wait(seconds: Self.stopSeconds) else {
            throw StartError("the driver did not end within \(Int(Self.stopSeconds)) seconds of SIGTERM")
        }
        guard end == .exited(0) else { throw StartError("the driver ended badly: \(end)") }
    }

    /// Prints the last lines of its log, for somebody who looks for a fault.
    func showLog() {
        let text = TextFile.read(logPath, limitBytes: 16 << 20) ?? "no log at \(logPath)"
        for line in text.split(separator: "\n").suffix(8) { Command.complain("driver: \(line)") }
    }
}
