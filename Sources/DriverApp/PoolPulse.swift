import LinuxHost
import Synchronization

/// Whether something ends that takes a moment unless it hangs, tried on a thread of its own, by one at a time.
final class PoolPulse: Sendable {
    /// What takes longer is taken to hang: a busy disk answers a small write within that.
    private static let patience: Int64 = 2_000_000_000

    private let beat: Glance<Void>
    /// When the beat began that goes on.
    private let began = Mutex<Int64>(0)

    /// Nothing is tried before somebody asks.
    init(_ body: @escaping @Sendable () -> Void) { beat = Glance(name: "pulse", body) }

    /// True if a beat did not end in time; waits for one that long if it may, else begins one and tells later.
    func isMissing(mayWait: Bool) -> Bool {
        let now = Clock.monotonicNanoseconds
        if let pending = beat.begin() {
            began.withLock { $0 = now }
            return mayWait && beat.end(pending, by: now + Self.patience) == nil
        }
        return now - began.withLock { $0 } > Self.patience
    }
}
