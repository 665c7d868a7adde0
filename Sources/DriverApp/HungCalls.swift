import LinuxHost
import RPCServer
import Synchronization

/// The calls that are stuck in a pool: those that run for long while a small write into that pool does not end either.
///
/// A copy or a format of a large volume takes long too, but such a pool has a pulse.
final class HungCalls: Sendable {
    /// What is stuck in one pool.
    struct Finding: Equatable {
        /// The pool's name.
        let pool: String
        /// How many calls.
        let count: Int
        /// All of it in a sentence.
        let sentence: String
    }

    /// Calls that ended before are not looked at, in seconds.
    private static let leastSeconds = 10.0

    private let beat: @Sendable (_ pool: String) -> Void
    private let servers = Mutex<[RPCServer]>([])
    private let pulses = Mutex<[String: PoolPulse]>([:])

    /// `beat` writes a little into a pool and waits for it.
    init(_ beat: @escaping @Sendable (_ pool: String) -> Void) { self.beat = beat }

    /// Looks at the calls of that server too.
    func watch(_ server: RPCServer) { servers.withLock { $0.append(server) } }

    /// The pools in which calls are stuck now, by name; a few seconds at most.
    var findings: [Finding] {
        let long = running().filter { !$0.share.name.isEmpty }
        return Set(long.map { Self.pool(of: $0.share.name) }).sorted().compactMap { pool in
            finding(pool, long.filter { Self.pool(of: $0.share.name) == pool }, mayWait: true)
        }
    }

    /// Why one more call into a pool whose threads are all taken need not wait; waits for nothing.
    @Sendable func refusal(_ share: String) -> RPCStatus? {
        guard !share.isEmpty else { return nil }
        let stuck = running().filter { $0.share.name == share }
        return finding(Self.pool(of: share), stuck, mayWait: false).map { .unavailable($0.sentence) }
    }

    /// A share is a pool's name, a slash, and the part of the calls.
    private static func pool(of share: String) -> String { String(share.prefix { $0 != "/" }) }

    private func running() -> [RPCRunning] {
        servers.withLock { $0 }.flatMap { $0.running(atLeast: Self.leastSeconds) }
            .sorted { $0.seconds > $1.seconds }
    }

    private func finding(_ pool: String, _ calls: [RPCRunning], mayWait: Bool) -> Finding? {
        guard let first = calls.first, pulse(of: pool).isMissing(mayWait: mayWait) else { return nil }
        let step = [first.method.split(separator: "/").last.map(String.init) ?? "", first.share.subject]
        let since = Clock.rfc3339(nanoseconds: Clock.wallNanoseconds - Int64(first.seconds * 1e9)).prefix(19)
        let name = step.filter { !$0.isEmpty }.joined(separator: " of ")
        return Finding(
            pool: pool, count: calls.count,
            sentence:
                "pool \(pool) does not answer: \(name) hangs since \(since)Z, and a small write does too; look "
                + "at its disk, and whether its file system is frozen")
    }

    private func pulse(of pool: String) -> PoolPulse {
        pulses.withLock { pulses in
            if let known = pulses[pool] { return known }
            let pulse = PoolPulse { [beat] in beat(pool) }
            pulses[pool] = pulse
            return pulse
        }
    }
}
