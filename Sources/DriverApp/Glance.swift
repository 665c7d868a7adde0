import LinuxHost
import Synchronization

/// Looks at something that may hang, on a thread of its own, so that who asks gets an answer in time.
///
/// One look at a time: while one hangs, nobody begins another, and whoever asks is told at once. The thread exists only
/// while it looks.
final class Glance<Value: Sendable>: Sendable {
    /// A look that has begun.
    struct Pending: Sendable {
        fileprivate let bell: Bell
        fileprivate let found: Found
    }

    fileprivate final class Found: Sendable {
        let value = Mutex<Value?>(nil)
    }

    private let name: String
    private let body: @Sendable () -> Value
    private let isLooking = Mutex(false)

    init(name: String, _ body: @escaping @Sendable () -> Value) {
        self.name = name
        self.body = body
    }

    /// Begins to look; nothing while an earlier look goes on, or where there is no thread for it.
    func begin() -> Pending? {
        let mayBegin = isLooking.withLock { isLooking in
            defer { isLooking = true }
            return !isLooking
        }
        guard mayBegin else { return nil }
        do throws(SystemError) {
            let pending = Pending(bell: try Bell(), found: Found())
            _ = try OwnThread.start(name: name) { [self] in look(pending) }
            return pending
        } catch {
            isLooking.withLock { $0 = false }
            return nil
        }
    }

    /// What was found; nothing if it has not been by then.
    func end(_ pending: Pending?, by deadline: Int64) -> Value? {
        guard let pending else { return nil }
        do throws(SystemError) {
            _ = try pending.bell.wait(seconds: Double(deadline - Clock.monotonicNanoseconds) / 1e9)
        } catch {
            // Without a bell there is only what is there already.
        }
        return pending.found.value.withLock { $0 }
    }

    private func look(_ pending: Pending) {
        let value = body()
        pending.found.value.withLock { $0 = value }
        isLooking.withLock { $0 = false }
        do throws(SystemError) {
            try pending.bell.ring()
        } catch {
            // Who waits sees it when the time is over.
        }
    }
}
