import CSIWire
import HTTPServer
import LinuxHost
import Log
import Metrics
import Pool
import RPCServer
import Relay
import Synchronization
import Text
import Volumes

/// What the driver tells operators over HTTP: `/metrics`, `/healthz` and `/readyz`.
final class OperatorPages: Sendable {
    /// The parts of a driver that serves.
    struct Subject: Sendable {
        let readiness: Readiness
        /// What is not well besides the pools' contents, each a line; each of them answers in a second or two at most.
        let troubles: [@Sendable () -> [String]]
        /// What serves on sockets; the port for the relay is none.
        let servers: [RPCServer]
        let keeper: PoolKeeper
        /// The port for the relay, in the role node.
        let port: RelayPort?
        /// The calls that are stuck in a pool.
        let hung: HungCalls
        let log: Logger
    }

    private struct Pages {
        /// Why the driver is not fit for work at all.
        let trouble: @Sendable () -> String?
        /// Everything that is not well.
        let troubles: @Sendable () -> [String]
        let metrics: @Sendable () -> HTTPReply
    }

    private enum Phase {
        case starting
        case serving(Pages)
        case stopping(Pages)
    }

    private let phase = Mutex(Phase.starting)
    private let calls = CallTally(methods: CSIMethod.all.map(\.path), codes: CSICode.allCases.map(\.name))
    private let http = Mutex<HTTPServer?>(nil)

    /// Listens, and tells that the driver is starting; nothing without an address.
    static func start(at address: ListenAddress?, log: Logger) throws(StartError) -> OperatorPages? {
        guard let address else { return nil }
        let pages = OperatorPages()
        do throws(HTTPServerError) {
            let server = try HTTPServer.start(address, pages.answer)
            pages.http.withLock { $0 = server }
            log.info("pages for operators", (.endpoint, "\(server.address)"))
        } catch {
            throw StartError("--metrics-address: \(error)")
        }
        return pages
    }

    private init() {}

    /// Counts what a server has answered.
    var observer: @Sendable (RPCCallSummary) -> Void {
        { [calls] in calls.note(path: $0.method, code: $0.code, seconds: $0.seconds) }
    }

    /// Begins to tell of a driver that serves.
    func serve(_ subject: Subject) {
        let watches = subject.keeper.pools.map { PoolWatch($0, subject.keeper) }
        let details = PoolTroubles(watches)
        let health = Health(subject.readiness, also: subject.troubles + [details.lines])
        let pages = Pages(
            trouble: health.trouble, troubles: health.troubles,
            metrics: MetricsPage(subject, health, calls, watches).reply)
        phase.withLock { $0 = .serving(pages) }
    }

    /// Begins to tell of a relay that serves.
    func serve(_ subject: RelayPage.Subject) {
        let fleet = subject.fleet
        let trouble: @Sendable () -> String? = {
            fleet.isReady ? nil : "the nodes' name was not resolved yet"
        }
        let pages = Pages(
            trouble: trouble, troubles: { trouble().map { [$0] } ?? [] },
            metrics: RelayPage(subject, calls).reply)
        phase.withLock { $0 = .serving(pages) }
    }

    /// Tells from now on that the driver is not ready any more.
    func markStopping() {
        phase.withLock { phase in
            if case .serving(let pages) = phase { phase = .stopping(pages) }
        }
    }

    /// Stops to listen.
    func stop() { http.withLock { $0 }?.stop() }

    /// Answers a request, in a few seconds at most whatever hangs.
    @Sendable func answer(_ path: String) -> HTTPReply {
        let phase = phase.withLock { $0 }
        // Somebody else's text is compared only if it is as short and plain as the paths that there are.
        switch (path.utf8.count <= 64 && path.isPlain ? path : "", phase) {
        case ("/metrics", .starting), ("/healthz", .starting), ("/readyz", .starting):
            return HTTPReply(503, line: "the driver is starting")
        case ("/readyz", .stopping):
            return HTTPReply(503, line: "the driver is stopping")
        case ("/healthz", .serving(let pages)), ("/healthz", .stopping(let pages)):
            let troubles = pages.troubles()
            guard !troubles.isEmpty else { return HTTPReply(200, line: "ok") }
            return HTTPReply(503, line: TroubleLines.text(troubles))
        case ("/readyz", .serving(let pages)):
            guard let trouble = pages.trouble() else { return HTTPReply(200, line: "ok") }
            return HTTPReply(503, line: trouble)
        case ("/metrics", .serving(let pages)), ("/metrics", .stopping(let pages)):
            return pages.metrics()
        default:
            return HTTPReply(404, line: "there are /metrics, /healthz and /readyz")
        }
    }
}
