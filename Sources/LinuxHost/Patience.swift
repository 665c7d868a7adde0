import Synchronization

/// Waits only so long for what may never end, such as a look at a disk that hangs.
package enum Patience {
    /// Runs the body on a thread of its own and returns what it says; nothing if it takes longer, or cannot be begun.
    ///
    /// The thread goes on by itself then.
    package static func wait<Result: Sendable>(
        seconds: Double, name: String, _ body: @escaping @Sendable () -> Result
    ) -> Result? {
        let answer = Answer<Result>()
        do throws(SystemError) {
            let bell = try Bell()
            _ = try OwnThread.start(name: name) {
                let result = body()
                answer.value.withLock { $0 = result }
                do {
                    try bell.ring()
                } catch {
                    // Then the wait lasts to its end, and the answer is there.
                }
            }
            _ = try bell.wait(seconds: seconds)
        } catch {
            return nil
        }
        return answer.value.withLock { $0 }
    }

    private final class Answer<Result: Sendable>: Sendable {
        let value = Mutex<Result?>(nil)
    }
}
