import CSIWire
import Glibc
import LinuxHost
import Synchronization
import Testing

/// What went wrong with the rig itself, in a sentence.
struct RigTrouble: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The built program as a child, serving on a socket, with its log in a file.
final class DriverProcess: Sendable {
    /// How a child ended.
    enum Ending: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    let processID: pid_t
    let socket: String
    let logPath: String
    private let ending = Mutex<Ending?>(nil)
    private static let patienceSeconds = 30.0

    /// The program that was built beside the test bundle.
    static func program() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { throw RigTrouble("the path of the test bundle cannot be read") }
        let bundle = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
        let program = bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)] + "/loopcsi"
        guard try FileStatus.at(String(program)) != nil else {
            throw RigTrouble("\(program) is not built; swift build makes it")
        }
        return String(program)
    }

    /// Starts the child; `command` is the whole command line, standard output and error go to the end of the log.
    init(command: [String], socket: String, log: String) throws {
        self.socket = socket
        logPath = log
        processID = try Self.spawn(command, log: log)
    }

    deinit { kill9() }

    private static func spawn(_ command: [String], log: String) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let words: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let result = unsafe posix_spawnp(&child, command[0], &actions, nil, words, environ)
        guard result == 0 else { throw RigTrouble("\(command[0]) cannot be started: error \(result)") }
        return child
    }

    /// Waits until the driver answers Probe, or says why it does not.
    func waitUntilReady() throws {
        let client = DriverClient(socket: socket)
        try waitUntil("the driver answers") {
            if let ending = self.ended() { throw RigTrouble("the driver ended with \(ending): \(self.log)") }
            do {
                _ = try client.call(CSI.ProbeRequest())
                return true
            } catch is CSIStatus {
                return true
            } catch {
                return false
            }
        }
    }

    /// Everything that the driver said so far.
    var log: String { TextFile.read(logPath, limitBytes: 1 << 26) ?? "" }

    /// How the child ended, if it did.
    func ended() -> Ending? {
        ending.withLock { ending in
            if ending == nil { ending = wait(WNOHANG) }
            return ending
        }
    }

    private func wait(_ options: Int32) -> Ending? {
        var status: Int32 = 0
        guard unsafe waitpid(processID, &status, options) == processID else { return nil }
        return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .killed(status & 0x7f)
    }

    /// Waits for the end, at most half a minute.
    @discardableResult
    func waitForEnd() throws -> Ending {
        try waitUntil("the driver ends") { self.ended() != nil }
        return try #require(ended())
    }

    /// Asks the driver to stop and waits for it.
    @discardableResult
    func stop() throws -> Ending {
        if ended() == nil { kill(processID, SIGTERM) }
        return try waitForEnd()
    }

    /// Ends the driver without letting it do anything more.
    func kill9() {
        ending.withLock { ending in
            guard ending == nil else { return }
            kill(processID, SIGKILL)
            ending = wait(0)
        }
    }

    private static func count(_ path: String) throws -> Int { try Directory.open(path).entries().count }

    /// Open descriptors of the process.
    var descriptors: Int { get throws { try Self.count("/proc/\(processID)/fd") } }

    /// Threads of the process.
    var threads: Int { get throws { try Self.count("/proc/\(processID)/task") } }

    /// Resident memory in KiB.
    var residentKiB: Int {
        get throws {
            let status = try #require(TextFile.read("/proc/\(processID)/status", limitBytes: 1 << 16))
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
            return try #require(Int(line.filter(\.isNumber)))
        }
    }
}

/// Looks again and again until the condition holds; throws after half a minute.
func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
    let deadline = Clock.monotonicNanoseconds + 30_000_000_000
    while try !condition() {
        guard Clock.monotonicNanoseconds < deadline else { throw RigTrouble("waited in vain until \(what)") }
        Clock.sleep(nanoseconds: 2_000_000)
    }
}
