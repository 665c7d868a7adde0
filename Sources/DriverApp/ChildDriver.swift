import CSIWire
import LinuxHost
import RPCClient

/// This very program as a server: a child process with one pool, on a socket in the same folder.
final class ChildDriver {
    private static let startSeconds = 10.0
    private static let stopSeconds = 30.0

    /// The socket it serves.
    let socket: String
    private let logPath: String
    private var child: ChildProcess

    var processID: Int32 { child.processID }

    /// Starts the driver and waits until it says that it is ready; `pool` is what `--pool` takes.
    init(folder: String, pool: String, flags: [String] = []) throws {
        socket = "\(folder)/csi.sock"
        logPath = "\(folder)/driver.log"
        let log = try Directory.open(folder).createFile("driver.log", mode: 0o600)
        child = try ChildProcess.start(
            "/proc/self/exe",
            [
                "loopcsi", "serve", "--endpoint", "unix://\(socket)", "--node-id", "here",
                "--pool", pool,
            ] + flags, output: log)
        do {
            try waitUntilReady()
        } catch {
            showLog()
            throw error
        }
    }

    /// Opens a connection of its own.
    func connect() throws -> RPCConnection { try RPCConnection(socket: socket) }

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
                return
            } catch let error as RPCClientError {
                guard Clock.monotonicNanoseconds < deadline else {
                    throw StartError("the driver does not answer: \(error)")
                }
            }
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
