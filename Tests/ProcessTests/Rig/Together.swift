import LinuxHost
import Synchronization

/// Runs the body on so many threads of its own at once, with the number of the thread; returns what each came to.
func together<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Result) throws
    -> [Result]
{
    let results = Mutex<[Swift.Result<Result, any Error>]>([])
    for number in 0..<count {
        _ = try OwnThread.start(name: "test-\(number)") {
            let result = Swift.Result { try body(number) }
            results.withLock { $0.append(result) }
        }
    }
    try waitUntil("\(count) threads are done") { results.withLock { $0.count } == count }
    return try results.withLock { $0 }.map { try $0.get() }
}
