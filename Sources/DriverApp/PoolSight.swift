import LinuxHost
import Pool
import Synchronization
import Volumes

/// Looks at a pool that is served, on a thread of its own, so that who asks gets an answer while its disk hangs.
final class PoolSight: Sendable {
    /// A look that has begun.
    typealias Pending = Glance<PoolCondition>.Pending

    private static let patience: Int64 = 1_000_000_000
    /// A manifest is asked for by those who wait for nothing.
    private static let shortPatience: Int64 = 100_000_000

    private struct Seen {
        var condition = PoolCondition.served
        var lookingSince: Int64?
    }

    private final class Subject: Sendable {
        let pool = Mutex<DiskPool?>(nil)
        let seen = Mutex(Seen())

        func look() -> PoolCondition {
            guard let pool = pool.withLock({ $0 }) else { return .served }
            seen.withLock { $0.lookingSince = Clock.monotonicNanoseconds }
            let condition = Self.condition(of: pool)
            seen.withLock { $0 = Seen(condition: condition) }
            return condition
        }

        private static func condition(of pool: DiskPool) -> PoolCondition {
            do throws(VolumeFault) {
                return try pool.isReadOnly() ? .readOnly(pool.readOnlyFault.summary) : .served
            } catch {
                return .setAside(error.summary)
            }
        }
    }

    private let subject = Subject()
    private let glance: Glance<PoolCondition>

    init() {
        let subject = subject
        glance = Glance(name: "pool-look") { subject.look() }
    }

    /// Begins to look, unless an earlier look goes on.
    func begin(_ pool: DiskPool) -> Pending? {
        subject.pool.withLock { $0 = pool }
        return glance.begin()
    }

    /// What the look found; while one hangs, that, and while somebody else's goes on, what was seen last.
    func end(_ pending: Pending?, by deadline: Int64) -> PoolCondition {
        if let found = glance.end(pending, by: deadline) { return found }
        let seen = subject.seen.withLock { $0 }
        guard let since = seen.lookingSince, let pool = subject.pool.withLock({ $0 }) else {
            return seen.condition
        }
        let waited = Clock.monotonicNanoseconds - since
        guard waited >= Self.patience * 9 / 10 else { return seen.condition }
        return .hung(
            "pool \(pool.pool.name) at \(pool.path) does not answer: a look at it hangs for "
                + "\(waited / 1_000_000_000) s")
    }

    /// Whether the pool is at its place, as far as can be told within moments.
    func isThere(_ pool: DiskPool) -> Bool {
        let pending = begin(pool)
        switch end(pending, by: Clock.monotonicNanoseconds + Self.shortPatience) {
        // A relay that cannot use the pool learns that from the calls that it sends there.
        case .served, .readOnly, .hung: return true
        case .setAside: return false
        }
    }
}
