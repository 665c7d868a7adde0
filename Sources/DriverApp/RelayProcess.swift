import CSIServices
import CSIWire
import Certificates
import LinuxHost
import Log
import RPCChannel
import RPCServer
import Relay
import Volumes

/// The role controller: a socket for the sidecars, and channels to the nodes.
final class RelayProcess: Sendable {
    /// How often the certificate is looked at, in seconds.
    private static let certificatePause = 300.0

    private let server: RPCServer
    private let fleet: Fleet
    private let watch: CertificateWatch
    private let stopping: Bell
    private let pages: OperatorPages?
    private let log: Logger

    /// Begins to serve and to look for nodes.
    ///
    /// - Throws: `StartError` with a sentence for the operator.
    static func start(
        _ options: ServeOptions, _ relay: ServeOptions.RelayOptions, pages: OperatorPages?, log: Logger
    ) throws(StartError) -> RelayProcess {
        do {
            return try RelayProcess(options, relay, pages, log)
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
    }

    private init(
        _ options: ServeOptions, _ place: ServeOptions.RelayOptions, _ pages: OperatorPages?, _ log: Logger
    ) throws {
        watch = CertificateWatch(place.tlsFolder, .controller, driver: options.driverName, log: log)
        guard watch.look() else {
            throw StartError("--tls-dir: without a good certificate no node would answer")
        }
        // A connection to each node, and each is a descriptor.
        try ProcessFigures.raiseDescriptorLimit()
        try RPCCore.load(tls: true)
        CoreLog.redirect { log.foreign("gRPC", (.reason, $0)) }
        let channels = try RPCChannels(
            tls: TLSIdentity(folder: place.tlsFolder),
            nodeName: CertificateHolder.node.dnsName(driver: options.driverName))
        let fleet = Fleet(driver: options.driverName, caller: ChannelCaller(channels), log: log) {
            () throws(NodesNotFound) in try Self.addresses(place)
        }
        let relay = Relay(fleet: fleet) { Digest.sha256Hex(Array($0.utf8)) }
        let own =
            IdentityService(driverName: options.driverName, version: Driver.version) {
                () throws(VolumeFault) in
                fleet.isReady
            }.handlers + [
                ControllerService.capabilities, GroupControllerService.capabilities, NodeService.capabilities,
            ]
        var serverOptions = RPCServerOptions()
        serverOptions.workers = Relay.workers
        serverOptions.onFinish = pages?.observer
        try options.makeSocketFolders()
        server = try RPCServer.start(
            socket: options.socketPath,
            methods: own.map { Driver.method($0, log) } + Relay.methods.map { Self.method($0, relay) },
            options: serverOptions)
        self.fleet = fleet
        self.pages = pages
        self.log = log
        stopping = try Bell()
        _ = try OwnThread.start(name: "fleet") { fleet.keepLooking() }
        _ = try OwnThread.start(name: "certificate") { [watch, stopping] in
            Self.keepWatch(watch, until: stopping)
        }
        pages?.serve(RelayPage.Subject(server: server, fleet: fleet, watch: watch, log: log))
        log.info(
            "serving", (.endpoint, options.socketPath), (.value, "\(place.name):\(place.port)"),
            (.version, Driver.version))
    }

    /// Ends gracefully: calls that nodes work on get the time to end, new ones are refused.
    func stop() {
        pages?.markStopping()
        server.stop()
        fleet.stop()
        do throws(SystemError) {
            try stopping.ring()
        } catch {
            // The thread ends with the process.
        }
        pages?.stop()
        log.info("stopped")
        log.flush()
    }

    private static func keepWatch(_ watch: CertificateWatch, until stopping: Bell) {
        while true {
            do throws(SystemError) {
                if try stopping.wait(seconds: certificatePause) { return }
            } catch {
                return
            }
            _ = watch.look()
        }
    }

    private static func addresses(_ place: ServeOptions.RelayOptions) throws(NodesNotFound) -> [NodeAddress] {
        do throws(NameResolution.Failure) {
            return try NameResolution.addresses(of: place.name).map { NodeAddress(ip: $0, port: place.port) }
        } catch {
            throw NodesNotFound(error.description)
        }
    }

    private static func method(_ path: String, _ relay: Relay) -> RPCMethod {
        .unary(path, lane: .work) { call, request throws(RPCStatus) in
            do throws(CSIStatus) {
                return try relay.answer(path, request, until: call.deadline)
            } catch {
                throw RPCStatus(code: error.code.rawValue, message: error.message)
            }
        }
    }
}

/// The nodes as channels reach them.
private struct ChannelCaller: NodeCaller {
    private let channels: RPCChannels

    init(_ channels: RPCChannels) { self.channels = channels }

    func call(_ calls: [NodeCall], until deadline: Int64) -> [NodeReply] {
        channels.call(
            calls.map {
                RPCOutgoingCall(
                    address: $0.address.text, method: $0.path, request: $0.request, deadline: $0.deadline)
            },
            until: deadline
        ).map { NodeReply(code: $0.code, message: $0.message, body: $0.body) }
    }

    func forget(_ address: NodeAddress) { channels.forget(address.text) }
}
