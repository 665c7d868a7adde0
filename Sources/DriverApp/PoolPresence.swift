import LinuxHost
import Pool
import Synchronization
import Volumes

/// Whether pools are where they were opened, told within moments also when a disk hangs.
///
/// While a look at a pool hangs, what the one before it found is the answer: a relay that cannot use the pool learns
/// that from the calls that it sends there.
final class PoolPresence: Sendable {
    private static let patience: Int64 = 100_000_000

    private final class Entry: Sendable {
        let look: Glance<Bool>
        let last = Mutex(true)

        init(_ pool: DiskPool) { look = Glance(name: "pool-presence") { pool.isThere } }
    }

    private let entries: [PoolID: Entry]

    /// Looks at these pools, which are all there at first.
    init(_ pools: [DiskPool]) {
        entries = Dictionary(uniqueKeysWithValues: pools.map { ($0.pool.id, Entry($0)) })
    }

    /// Whether the pool was there just now, or when it was last seen.
    @Sendable func isThere(_ id: PoolID) -> Bool {
        guard let entry = entries[id] else { return false }
        let pending = entry.look.begin()
        let found = entry.look.end(pending, by: Clock.monotonicNanoseconds + Self.patience)
        return entry.last.withLock { last in
            last = found ?? last
            return last
        }
    }
}
