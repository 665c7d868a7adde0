internal import CGRPCShim

/// An instant of the monotonic clock, in nanoseconds.
typealias Instant = Int64

/// The monotonic clock.
enum Clock {
    static var now: Instant { grpcshim_now() }

    static func instant(after seconds: Double) -> Instant {
        now + Instant(min(max(seconds, 0), 1e9) * 1e9)
    }

    static func seconds(since start: Instant) -> Double { Double(now - start) / 1e9 }

    /// Blocks the thread.
    static func sleep(milliseconds: UInt32) { grpcshim_sleep(milliseconds) }
}

/// A counting semaphore.
// SAFETY: the handle is a constant, its functions may be called from any thread, and it is freed once, in deinit.
@safe final class Semaphore: @unchecked Sendable {
    private let handle: grpcshim_semaphore

    init() {
        var handle = unsafe grpcshim_semaphore()
        let result = unsafe grpcshim_semaphore_create(&handle)
        precondition(result == 0, "A semaphore needs a few bytes of memory.")
        unsafe self.handle = handle
    }

    deinit { unsafe grpcshim_semaphore_destroy(handle) }

    func post() { unsafe grpcshim_semaphore_post(handle) }

    func wait() { unsafe grpcshim_semaphore_wait(handle) }

    /// False if the instant came first.
    func wait(until instant: Instant) -> Bool { unsafe grpcshim_semaphore_wait_until(handle, instant) == 0 }
}

/// Own threads: small stacks, a name each, no signals.
enum Thread {
    /// Large enough for handlers that parse and format; only touched pages cost memory.
    private static let stackBytes = 512 * 1024

    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a detached thread: false if the system has no more threads to give.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let context = unsafe Unmanaged.passRetained(Start(body)).toOpaque()
        let result = unsafe grpcshim_thread_start(
            name, stackBytes,
            { context in unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body() },
            context)
        guard result != 0 else { return true }
        unsafe Unmanaged<Start>.fromOpaque(context).release()
        return false
    }
}
