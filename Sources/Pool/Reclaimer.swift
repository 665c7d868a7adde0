import LinuxHost
import Log
import Synchronization
import Volumes

/// Frees the blocks of deleted volumes, on a thread of its own that exists only while there is something to free.
///
/// What cannot be removed keeps nothing else from being removed, and is tried again after a pause that grows, for as
/// long as it is there.
final class Reclaimer: Sendable {
    private struct State {
        var isWorking = false
        /// Something came in, or is to be looked at again, since the thread looked at the folder last.
        var hasMore = false
        var isClosed = false
        /// Wakes the thread from a pause.
        var bell: Bell?
        /// Why the last attempt left something in the trash.
        var trouble: String?
        /// Why the errand failed.
        var errandTrouble: String?
        /// What is to be done once beside the trash, until it succeeds.
        var errand: (@Sendable () throws(VolumeFault) -> Void)?
        var opening: (@Sendable () throws(VolumeFault) -> Directory)?

        var failure: String? { trouble ?? errandTrouble }
    }

    private static let shortestPause = 1.0
    private static let longestPause = 60.0

    private let poolPath: String
    private let log: Logger
    private let state = Mutex(State())
    /// Held while the folder is emptied: the one lock that is held over system calls, because whoever asks for room
    /// now wants to wait for exactly those.
    private let emptying = Mutex(())

    /// Will empty the trash of the pool at that path.
    init(poolPath: String, log: Logger) {
        self.poolPath = poolPath
        self.log = log
    }

    /// Tells how the pool is opened, which fails while another one is in its place.
    func open(by opening: @escaping @Sendable () throws(VolumeFault) -> Directory) {
        state.withLock { $0.opening = opening }
    }

    /// Why deleted volumes keep their blocks for now; nothing while all goes well.
    var failure: String? { state.withLock { $0.failure } }

    /// Has something done soon on the same thread, after the trash, and again until it succeeds.
    func run(_ errand: @escaping @Sendable () throws(VolumeFault) -> Void) {
        state.withLock { $0.errand = errand }
        wake()
    }

    /// Has the folder emptied soon.
    func wake() {
        let (mustStart, bell) = state.withLock { state -> (Bool, Bell?) in
            state.hasMore = true
            defer { state.isWorking = true }
            return (!state.isWorking, state.bell)
        }
        if let bell { Self.ring(bell) }
        guard mustStart else { return }
        do {
            _ = try OwnThread.start(name: "reclaim") { [self] in work() }
        } catch {
            state.withLock { $0.isWorking = false }
            note { $0.trouble = "no thread for it: \(error)" }
        }
    }

    /// Empties the folder before it returns; true if anything was removed.
    func emptyNow() -> Bool {
        emptying.withLock { _ in
            let (removed, failure) = empty()
            note { $0.trouble = failure }
            return removed
        }
    }

    /// Ends the attempts; what is left waits for the next start.
    func close() {
        let bell = state.withLock { state in
            state.isClosed = true
            return state.bell
        }
        if let bell { Self.ring(bell) }
    }

    private func work() {
        var pause = Self.shortestPause
        while true {
            state.withLock { $0.hasMore = false }
            if emptyNow() { pause = Self.shortestPause }
            doErrand()
            let hasFailed = failure != nil
            let isDone = state.withLock { state in
                if state.isClosed || (!hasFailed && !state.hasMore) {
                    state.isWorking = false
                    return true
                }
                return false
            }
            if isDone { return }
            if hasFailed {
                rest(pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    private func doErrand() {
        guard let errand = state.withLock({ $0.errand }) else { return }
        do throws(VolumeFault) {
            try errand()
            note { state in
                state.errand = nil
                state.errandTrouble = nil
            }
        } catch {
            note { $0.errandTrouble = error.summary }
        }
    }

    /// Waits until the time is over, or there is more to do.
    private func rest(_ seconds: Double) {
        do throws(SystemError) {
            let bell = try Bell()
            let mustWait = state.withLock { state in
                state.bell = bell
                return !state.hasMore && !state.isClosed
            }
            defer { state.withLock { $0.bell = nil } }
            if mustWait { _ = try bell.wait(seconds: seconds) }
        } catch {
            // Out of descriptors, say; then a deletion that comes meanwhile waits as well.
            Clock.sleep(nanoseconds: Int64(seconds * 1e9))
        }
    }

    private static func ring(_ bell: Bell) {
        do throws(SystemError) {
            try bell.ring()
        } catch {
            // The pause ends by itself.
        }
    }

    /// Tells of trouble when it begins, changes or ends, not with each attempt.
    private func note(_ change: (inout State) -> Void) {
        let (before, failure) = state.withLock { state in
            let before = state.failure
            change(&state)
            return (before, state.failure)
        }
        guard before != failure else { return }
        if let failure {
            log.warning(
                "the pool cannot be cleared of what was deleted; it is tried again", (.path, poolPath),
                (.error, failure))
        } else {
            log.info("the pool can be cleared of what was deleted again", (.path, poolPath))
        }
    }

    private func empty() -> (removed: Bool, failure: String?) {
        var removed = false
        var failure: String?
        guard let opening = state.withLock({ $0.opening }) else { return (false, nil) }
        let root: Directory
        do throws(VolumeFault) {
            root = try opening()
        } catch {
            return (false, error.summary)
        }
        do throws(SystemError) {
            let trash = try root.open(PoolLayout.trash)
            for entry in try trash.entries() {
                do throws(SystemError) {
                    try trash.removeTree(entry)
                    removed = true
                } catch {
                    // One that cannot be removed must not keep the blocks of the others.
                    failure = failure ?? "\(error)"
                }
            }
        } catch {
            // Without the folder there is nothing in it.
            if error.errno != .noEntry { failure = failure ?? "\(error)" }
        }
        return (removed, failure)
    }
}
