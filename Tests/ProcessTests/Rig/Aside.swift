import LinuxHost
import Synchronization
import Testing

/// Runs test bodies that wait for a long time on threads of their own, since the threads that Swift Testing has are as
/// few as processors.
enum Aside {
    /// So many at once; each has several processes.
    private static let most = 10
    private static let running = Mutex(0)

    static func run(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withTaskExecutorPreference(Threads.shared) { try await alone(body) }
    }

    private nonisolated static func alone(_ body: @Sendable () throws -> Void) async throws {
        while !enter() { Clock.sleep(nanoseconds: 5_000_000) }
        defer { running.withLock { $0 -= 1 } }
        try body()
    }

    private static func enter() -> Bool {
        running.withLock { running in
            guard running < most else { return false }
            running += 1
            return true
        }
    }
}

/// A thread for each job.
private final class Threads: TaskExecutor {
    static let shared = Threads()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        do {
            _ = try OwnThread.start(name: "test", stackBytes: 8 << 20) { [self] in
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            }
        } catch {
            fatalError("no thread for a test: \(error)")
        }
    }
}
