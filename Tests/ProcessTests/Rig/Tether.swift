import Glibc
import LinuxHost

/// A child that holds a namespace open, and ends with the tests however they end: it waits for the end of its input,
/// which is a line to them.
final class Tether: Sendable {
    let processID: pid_t
    private let line: Int32

    /// Runs the script behind the words, which begin a namespace or more, and waits until it is through.
    init(_ words: [String], script: String) throws {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw RigTrouble("no pair of sockets can be made")
        }
        line = ends[0]
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        let command = words + ["sh", "-e", "-c", "\(script)\necho ready; exec cat"]
        let arguments: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let result = unsafe posix_spawnp(&child, command[0], &actions, nil, arguments, environ)
        close(ends[1])
        processID = child
        guard result == 0 else { throw RigTrouble("\(command[0]) cannot be started: error \(result)") }
        var word = [UInt8](repeating: 0, count: "ready\n".utf8.count)
        guard unsafe recv(line, &word, word.count, Int32(MSG_WAITALL)) == word.count else {
            throw RigTrouble("this failed, see above: \(script)")
        }
    }

    deinit {
        close(line)
        var status: Int32 = 0
        if processID > 0 { _ = unsafe waitpid(processID, &status, 0) }
    }

    /// The path of one of its namespaces, such as `net`.
    func namespace(_ kind: String) -> String { "/proc/\(processID)/ns/\(kind)" }
}
