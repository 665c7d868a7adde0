import HTTPServer
import LinuxHost
import Log
import Metrics
import Pool
import RPCServer
import Synchronization
import Volumes

/// The page `/metrics`, made anew for each request, but not for more than a tenth of the time.
final class MetricsPage: Sendable {
    /// How long a pool that does not answer is waited for: long enough for the records of thousands of volumes that were
    /// not read yet, and well below the ten seconds that Prometheus waits.
    private static let patience: Int64 = 3_000_000_000
    /// A page that took a second to make is good for nine, so that who asks all the time slows nothing else down.
    private static let rest: Int64 = 9

    /// Two samples of a volume have about that many bytes with names as Kubernetes makes them.
    private static let bytesOfVolume = 384

    private struct Kept {
        let reply: HTTPReply
        let goodUntil: Int64
    }

    private let subject: OperatorPages.Subject
    private let health: Health
    private let calls: CallTally
    private let pools: [PoolWatch]
    private let startSeconds = Double(Clock.wallNanoseconds) / 1e9
    private let kept = Mutex<Kept?>(nil)

    init(_ subject: OperatorPages.Subject, _ health: Health, _ calls: CallTally, _ pools: [PoolWatch]) {
        self.subject = subject
        self.health = health
        self.calls = calls
        self.pools = pools
    }

    /// The page.
    @Sendable func reply() -> HTTPReply {
        let began = Clock.monotonicNanoseconds
        if let kept = kept.withLock({ $0 }), began < kept.goodUntil { return kept.reply }
        let (text, isComplete) = text(by: began + Self.patience)
        let reply = HTTPReply(200, text, contentType: Exposition.contentType)
        let ended = Clock.monotonicNanoseconds
        // A page that was waited for in vain is quickly made the next time.
        let fresh = isComplete ? Kept(reply: reply, goodUntil: ended + (ended - began) * Self.rest) : nil
        kept.withLock { $0 = fresh }
        return reply
    }

    private func text(by deadline: Int64) -> (bytes: [UInt8], isComplete: Bool) {
        let looks = pools.map { ($0, $0.begin()) }
        let isReady = health.trouble() == nil
        let pools = looks.map { watch, pending in (watch.name, watch.end(pending, by: deadline)) }
        // Room for what is known before, so that a large page is not copied again and again while it grows.
        let volumes = pools.reduce(0) { $0 + ($1.1.figures?.contents?.survey.volumes.count ?? 0) }
        var page = Exposition(reserving: 16 << 10 + volumes * Self.bytesOfVolume)
        page.begin(.buildInfo)
        page.sample(.buildInfo, [Driver.version], Int64(1))
        page.single(.ready, isReady ? 1 : 0)
        let loads = subject.servers.map(\.load)
        calls.write(to: &page)
        page.single(.callsInFlight, Double(loads.reduce(0) { $0 + $1.inFlight }))
        page.single(.queueLength, Double(loads.reduce(0) { $0 + $1.waiting }))
        let hung = subject.hung.findings
        page.write(pools, stuck: Set(hung.map(\.pool)))
        page.begin(.callsHung)
        for (name, _) in pools {
            page.sample(.callsHung, [name], Int64(hung.first { $0.pool == name }?.count ?? 0))
        }
        page.single(.logLinesSuppressed, Double(subject.log.linesSuppressed))
        page.write(subject.keeper.conditions(besides: hung))
        let freezes = subject.keeper.host.freezes.figures
        page.single(.freezes, Double(freezes.count))
        page.single(.freezeLongest, freezes.longestSeconds)
        page.single(.leftoversSwept, Double(subject.keeper.leftoversSwept))
        if let end = subject.port?.certificateEnd { page.single(.certificateEnd, Double(end)) }
        page.write(ProcessFigures.now(), startSeconds: startSeconds)
        return (page.bytes, pools.allSatisfy { $1.figures != nil && $1.abnormal != nil })
    }
}
