import LinuxHost
import Log
import Synchronization

/// Frees the blocks of deleted volumes, one after the other, on a thread of its own that exists only while it works.
final class Reclaimer: Sendable {
    private enum State {
        case idle
        case working
        /// Something came in while the thread was looking at an earlier state of the folder.
        case workingWithMore
    }

    private let poolPath: String
    private let log: Logger
    private let state = Mutex(State.idle)
    /// Held while the folder is emptied: the one lock that is held over system calls, because whoever asks for room
    /// now wants to wait for exactly those.
    private let emptying = Mutex(())

    init(poolPath: String, log: Logger) {
        self.poolPath = poolPath
        self.log = log
    }

    /// Has the folder emptied soon.
    func wake() {
        let mustStart = state.withLock { state in
            defer { state = state == .idle ? .working : .workingWithMore }
            return state == .idle
        }
        guard mustStart else { return }
        do {
            _ = try OwnThread.start(name: "reclaim") { [self] in work() }
        } catch {
            state.withLock { $0 = .idle }
            log.warning("deleted volumes stay until the next start", (.path, poolPath), (.error, "\(error)"))
        }
    }

    /// Empties the folder before it returns; true if there was anything in it.
    func emptyNow() -> Bool {
        emptying.withLock { _ in
            do {
                return try empty()
            } catch {
                log.warning("trash cannot be emptied", (.path, poolPath), (.error, "\(error)"))
                return false
            }
        }
    }

    private func work() {
        while true {
            _ = emptyNow()
            let isDone = state.withLock { state in
                defer { state = state == .workingWithMore ? .working : .idle }
                return state == .working
            }
            if isDone { return }
        }
    }

    private func empty() throws(SystemError) -> Bool {
        let root = try Directory.open(poolPath)
        let trash = try root.open(PoolLayout.trash)
        let entries = try trash.entries()
        var failure: SystemError?
        for entry in entries {
            do throws(SystemError) {
                try trash.removeTree(entry)
            } catch {
                // One that cannot be removed must not keep the blocks of the others.
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return !entries.isEmpty
    }
}
