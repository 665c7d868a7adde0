import HTTPServer
import LinuxHost
import Log
import Metrics
import RPCServer
import Relay

/// The page `/metrics` of a relay.
final class RelayPage: Sendable {
    /// The parts of a relay that serves.
    struct Subject: Sendable {
        let server: RPCServer
        let fleet: Fleet
        let watch: CertificateWatch
        let log: Logger
    }

    private let subject: Subject
    private let calls: CallTally
    private let startSeconds = Double(Clock.wallNanoseconds) / 1e9

    init(_ subject: Subject, _ calls: CallTally) {
        self.subject = subject
        self.calls = calls
    }

    /// The page.
    @Sendable func reply() -> HTTPReply {
        var page = Exposition()
        page.begin(.buildInfo)
        page.sample(.buildInfo, [Driver.version], Int64(1))
        page.single(.ready, subject.fleet.isReady ? 1 : 0)
        let load = subject.server.load
        calls.write(to: &page)
        page.single(.callsInFlight, Double(load.inFlight))
        page.single(.queueLength, Double(load.waiting))
        let figures = subject.fleet.figures
        page.begin(.relayNodes)
        page.sample(.relayNodes, ["reached"], Int64(figures.reached))
        page.sample(.relayNodes, ["failing"], Int64(figures.failing))
        page.single(.relayPools, Double(figures.pools))
        page.single(.relayContested, Double(figures.contested))
        if let end = subject.watch.end { page.single(.certificateEnd, Double(end)) }
        page.single(.logLinesSuppressed, Double(subject.log.linesSuppressed))
        page.write(ProcessFigures.now(), startSeconds: startSeconds)
        return HTTPReply(200, page.bytes, contentType: Exposition.contentType)
    }
}

extension Exposition {
    /// Writes what the process itself takes.
    mutating func write(_ process: ProcessFigures, startSeconds: Double) {
        single(.processMemory, Double(process.residentBytes))
        single(.processCPU, process.processorSeconds)
        single(.processDescriptors, Double(process.descriptors))
        single(.processDescriptorLimit, Double(process.descriptorLimit))
        single(.processStart, startSeconds)
    }
}
