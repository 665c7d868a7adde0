import LinuxHost
import Synchronization
import Volumes

/// Answers whether the driver is fit for work, within moments also when a disk hangs.
///
/// The check runs on the thread that asks, but only one at a time: while one hangs, whoever asks next is told so at once.
/// Thus one quick thread at most is ever stuck, and nothing wakes up while nobody asks.
final class Readiness: Sendable {
    /// A check that takes longer is taken to hang; each of its own looks at a pool ends within a second.
    private static let patience: Int64 = 2_000_000_000

    private struct State {
        var runningSince: Int64?
        var last: VolumeFault?
    }

    private let body: @Sendable () throws(VolumeFault) -> Void
    private let state = Mutex(State())

    init(_ body: @escaping @Sendable () throws(VolumeFault) -> Void) { self.body = body }

    /// True, or a fault that says what is missing.
    @Sendable func check() throws(VolumeFault) -> Bool {
        let now = Clock.monotonicNanoseconds
        let other: State? = state.withLock { state in
            guard state.runningSince == nil else { return state }
            state.runningSince = now
            return nil
        }
        if let other { return try answer(from: other, now) }
        var fault: VolumeFault?
        do throws(VolumeFault) {
            try body()
        } catch {
            fault = error
        }
        state.withLock { $0 = State(runningSince: nil, last: fault) }
        if let fault { throw fault }
        return true
    }

    /// What to say while somebody else's check is running.
    private func answer(from state: State, _ now: Int64) throws(VolumeFault) -> Bool {
        if let since = state.runningSince, now - since > Self.patience {
            throw .notNow(
                "the check of pools and devices has been hanging for \((now - since) / 1_000_000_000) seconds"
            )
        }
        if let fault = state.last { throw fault }
        return true
    }
}
