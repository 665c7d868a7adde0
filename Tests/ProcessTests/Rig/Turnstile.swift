import LinuxHost
import Synchronization

/// Lets many tests run at once, or one alone: a new mount namespace holds every mount there is for a moment, and the
/// devices of other tests could not be detached meanwhile.
final class Turnstile: Sendable {
    static let shared = Turnstile()

    private struct State {
        var inside = 0
        var isAlone = false
        var waitingAlone = 0
    }

    private let state = Mutex(State())

    /// Waits for its turn; who wants to be alone goes first.
    func enter(alone: Bool) {
        if alone { state.withLock { $0.waitingAlone += 1 } }
        while !tryEnter(alone: alone) { Clock.sleep(nanoseconds: 1_000_000) }
    }

    func leave(alone: Bool) {
        state.withLock { state in
            if alone { state.isAlone = false } else { state.inside -= 1 }
        }
    }

    private func tryEnter(alone: Bool) -> Bool {
        state.withLock { state in
            guard !state.isAlone else { return false }
            if alone {
                guard state.inside == 0 else { return false }
                state.isAlone = true
                state.waitingAlone -= 1
            } else {
                guard state.waitingAlone == 0 else { return false }
                state.inside += 1
            }
            return true
        }
    }
}
