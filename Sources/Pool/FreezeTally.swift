import LinuxHost
import Synchronization

/// Counts freezes and keeps the longest, for the operator.
package final class FreezeTally: Sendable {
    /// What was counted so far.
    package struct Figures: Equatable, Sendable {
        /// File systems frozen.
        package var count = 0
        /// How long the longest of these stayed frozen.
        package var longestSeconds = 0.0
    }

    private let state = Mutex(Figures())

    /// What was counted so far.
    package var figures: Figures { state.withLock { $0 } }

    /// Counts one that began then and is over now.
    func note(since began: Int64) {
        let seconds = Double(Clock.monotonicNanoseconds - began) / 1e9
        state.withLock { figures in
            figures.count += 1
            figures.longestSeconds = max(figures.longestSeconds, seconds)
        }
    }
}
