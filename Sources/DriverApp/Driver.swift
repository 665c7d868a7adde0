// DriverApp: options, wiring, signals and subcommands; the only target that sees all the others.

import CSIServices
import CSIWire
import LinuxHost
import Log
import Pool
import RPCServer
import Volumes

/// A driver that serves: pools opened, leftovers swept, socket bound.
package final class Driver: Sendable {
    /// The version that GetPluginInfo and `loopcsi version` tell.
    package static let version = "0.1.0"

    private let server: RPCServer
    /// The socket without the Node service, if there is one.
    private let controller: RPCServer?
    private let keeper: PoolKeeper
    private let log: Logger
    private let pages: OperatorPages?
    private let port: RelayPort?

    /// Begins to serve the pools of the keeper, and to tell of itself on the pages, if there are any.
    ///
    /// - Throws: `StartError` with a sentence for the operator.
    static func start(
        _ options: ServeOptions, _ keeper: PoolKeeper, pages: OperatorPages?, log: Logger
    ) throws(StartError) -> Driver {
        do {
            return try Driver(options, keeper, pages: pages, log: log)
        } catch let error as VolumeFault {
            throw StartError(error.summary)
        } catch {
            throw StartError("\(error)")
        }
    }

    private init(
        _ options: ServeOptions, _ keeper: PoolKeeper, pages: OperatorPages?, log: Logger
    ) throws {
        let (host, catalog, volumes) = (keeper.host, keeper.catalog, keeper.volumes)
        let propagation = Self.propagation(options)
        let readiness = Readiness { () throws(VolumeFault) in
            try keeper.check()
            try host.check()
            if let propagation { throw propagation }
        }
        // A process has one gRPC core; it must be the one with TLS if the port needs that.
        if case .node = options.role { try RPCCore.load(tls: true) }
        let relayed =
            IdentityService(
                driverName: options.driverName, version: Self.version,
                manifest: NodeManifest(
                    node: options.nodeID, boot: HostIdentity.bootID, defaultPool: keeper.defaultPool,
                    pools: { keeper.manifest() }), readiness: readiness.check
            ).handlers
            + ControllerService(catalog: catalog, node: volumes).handlers
            + GroupControllerService(catalog: catalog).handlers
        let handlers =
            relayed
            + NodeService(
                nodeID: options.nodeID, volumes: volumes, topology: { catalog.topology },
                paths: options.paths,
                limits: options.limits
            ).handlers
        self.keeper = keeper
        self.pages = pages
        self.log = log
        try options.makeSocketFolders()
        CoreLog.redirect { log.foreign("gRPC", (.reason, $0)) }
        keeper.collectInline()
        var serverOptions = RPCServerOptions()
        serverOptions.onFinish = pages?.observer
        let hung = HungCalls { name in PoolName(name).map(catalog.awaitPulse(ofPool:)) }
        serverOptions.shares = options.pools.count * CallShares.Part.allCases.count
        serverOptions.refusal = hung.refusal
        let shares = CallShares(catalog)
        let server = try RPCServer.start(
            socket: options.socketPath, methods: handlers.map { Self.method($0, log, shares) },
            options: serverOptions)
        hung.watch(server)
        self.server = server
        controller = try options.controllerSocketPath.map { path in
            try Self.serveController(relayed, at: path, serverOptions, log, shares)
        }
        if let controller { hung.watch(controller) }
        if case .node(let place) = options.role {
            port = try RelayPort.open(
                place, driver: options.driverName,
                methods: relayed.refusing(
                    poolsBesides: { keeper.identities }, on: options.nodeID
                ).map {
                    Self.method($0, log, shares)
                },
                serverOptions, hung, log: log)
        } else {
            port = nil
        }
        pages?.serve(
            OperatorPages.Subject(
                readiness: readiness,
                troubles: [keeper.troubles, { hung.findings.map(\.sentence) }, { host.thawTroubles }],
                servers: [server] + [controller].compactMap(\.self), keeper: keeper, port: port, hung: hung,
                log: log))
        if !host.growsMounted(.ext4) {
            log.warning("mounted ext4 volumes grow at their next stage only: CAP_SYS_RESOURCE is missing")
        }
        if let propagation { log.error(propagation.summary) }
        if let trouble = try Surroundings.troubleWithDeviceNodes() { log.error(trouble) }
        log.info(
            "serving", (.endpoint, options.socketPath), (.nodeID, options.nodeID), (.version, Self.version))
    }

    /// What keeps mounts from the pods, if the operator says where kubelet is; it cannot change while the driver runs.
    private static func propagation(_ options: ServeOptions) -> VolumeFault? {
        guard let root = options.kubeletRoot else { return nil }
        do {
            try Surroundings.checkPropagation(below: root)
            return nil
        } catch {
            return error
        }
    }

    /// Serves what holders of an API token need, and nothing that mounts: whoever takes one of them over gains no more.
    ///
    /// A server of its own, so that its callers have no thread of kubelet's. What the Node service offers is told,
    /// as by a relay, which the external-resizer asks.
    private static func serveController(
        _ handlers: [CSIHandler], at path: String, _ options: RPCServerOptions, _ log: Logger,
        _ shares: CallShares
    ) throws(RPCServerError) -> RPCServer {
        let server = try RPCServer.start(
            socket: path, methods: (handlers + [NodeService.capabilities]).map { method($0, log, shares) },
            options: options)
        log.info("serving all but the Node service", (.endpoint, path))
        return server
    }

    /// Ends gracefully: running steps finish, new calls are refused, all mounts and devices stay as they are.
    ///
    /// A copy bit by bit is given up, as it may take longer than anybody waits for the end.
    package func stop() {
        pages?.markStopping()
        keeper.giveUpCopies()
        // All at once: kubelet waits for the sum of all that follows.
        Aside.all([
            { [port] in port?.stop() }, { [controller] in controller?.stop() }, { [server] in server.stop() },
        ])
        // A call that outlasted the server's patience must not leave a volume frozen.
        keeper.host.thawHeld()
        keeper.close()
        pages?.stop()
        log.info("stopped")
        log.flush()
    }

    static func method(
        _ handler: CSIHandler, _ log: Logger, _ shares: CallShares? = nil
    ) -> RPCMethod {
        let path = handler.path
        var sharing: RPCMethod.Sharing?
        if let shares, !handler.isQuick { sharing = { shares.share(of: path, $0) } }
        return .unary(path, lane: handler.isQuick ? .quick : .work, sharing: sharing) {
            _, request throws(RPCStatus) in
            do throws(CSIStatus) {
                return try handler.run(request, log: log) { Double(Clock.monotonicNanoseconds) / 1e6 }
            } catch {
                throw RPCStatus(code: error.code.rawValue, message: error.message)
            }
        }
    }
}

extension CallShares {
    /// The pool of a call as a share of the lane.
    fileprivate func share(of path: String, _ request: [UInt8]) -> RPCShare {
        let (pool, subject) = share(path: path, request: request)
        guard let pool else { return RPCShare(name: "", subject: subject) }
        return RPCShare(name: "\(pool.text)/\(Part(path: path).rawValue)", subject: subject)
    }
}

/// Why the driver does not start, in a sentence.
package struct StartError: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
