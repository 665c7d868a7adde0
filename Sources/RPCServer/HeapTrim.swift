internal import CGRPCShim
internal import Synchronization

/// Gives memory that clients made gRPC core take back to the system.
///
/// glibc keeps what was freed below something that is still in use; after a client with tens of thousands of streams
/// that was hundreds of megabytes. There is no timer: the end of a call is the time to look, now and then.
final class HeapTrim: Sendable {
    private static let pauseSeconds = 10.0
    /// Free bytes in the heap that are worth the work.
    private static let least = 32 << 20

    private let next = Mutex<Instant>(0)

    /// Looks at the heap if the last look was some time ago.
    func look() {
        let isDue = next.withLock { next in
            let now = Clock.now
            guard now >= next else { return false }
            next = now + Instant(Self.pauseSeconds * 1e9)
            return true
        }
        if isDue { grpcshim_trim_heap(Self.least) }
    }
}
