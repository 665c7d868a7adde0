import Synchronization

/// The set of objects that an operation is running on; the second caller is told, never queued.
///
/// Kubernetes repeats a call whose deadline passed while the first is still running (CSI 1.x, "Concurrency"), so the
/// key is held until the work has really ended, whatever became of the caller.
package final class InFlight: Sendable {
    private let keys = Mutex<Set<String>>([])

    /// Nothing is running yet.
    package init() {}

    /// Runs `body` as the only operation on `key`.
    ///
    /// - Throws: `operationPending` at once if another one is running, else what `body` throws.
    package func withExclusive<Result>(
        _ key: VolumeName, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        guard keys.withLock({ $0.insert(key.text).inserted }) else {
            throw .operationPending("volume \(key)")
        }
        defer { keys.withLock { _ = $0.remove(key.text) } }
        return try body()
    }

    /// How many operations are running.
    package var count: Int { keys.withLock { $0.count } }
}
