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
        /// What serves on sockets; the port for the relay is none.
        let servers: [RPCServer]
        let catalog: Catalog
        let freezes: FreezeTally
        let pools: [(DiskPool, CapacityPolicy)]
        /// Inline volumes that were deleted at the start.
        let vanished: Int
        /// The port for the relay, in the role node.
        let port: RelayPort?
        /// The calls that are stuck in a pool.
        let hung: HungCalls
        let log: Logger
    }

    private struct Pages {
        let trouble: @Sendable () -> String?
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
        let health = Health(subject.readiness)
        let trouble: @Sendable () -> String? = { [hung = subject.hung] in
            let troubles = [health.trouble()].compactMap(\.self) + hung.findings.map(\.sentence)
            return troubles.isEmpty ? nil : troubles.joined(separator: "; ")
        }
        let pages = Pages(trouble: trouble, metrics: MetricsPage(subject, health, calls).reply)
        phase.withLock { $0 = .serving(pages) }
    }

    /// Begins to tell of a relay that serves.
    func serve(_ subject: RelayPage.Subject) {
        let fleet = subject.fleet
        let pages = Pages(
            trouble: { fleet.isReady ? nil : "the nodes' name was not resolved yet" },
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
        case ("/healthz", .serving(let pages)), ("/healthz", .stopping(let pages)),
            ("/readyz", .serving(let pages)):
            guard let trouble = pages.trouble() else { return HTTPReply(200, line: "ok") }
            return HTTPReply(503, line: trouble)
        case ("/metrics", .serving(let pages)), ("/metrics", .stopping(let pages)):
            return pages.metrics()
        default:
            return HTTPReply(404, line: "there are /metrics, /healthz and /readyz")
        }
    }
}

/// Asks what Probe asks, without ever waiting for long.
final class Health: Sendable {
    private static let patience: Int64 = 1_000_000_000
    private static let hanging = "the check of pools and devices hangs"

    private let look: Glance<String?>

    init(_ readiness: Readiness) {
        look = Glance(name: "health") {
            do throws(VolumeFault) {
                return try readiness.check() ? nil : "not ready"
            } catch {
                return error.summary
            }
        }
    }

    /// Why the driver is not fit for work, in a sentence; nothing while it is.
    @Sendable func trouble() -> String? {
        look.end(look.begin(), by: Clock.monotonicNanoseconds + Self.patience) ?? Self.hanging
    }
}
