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
    private let pools: [DiskPool]
    private let host: KernelNode
    private let log: Logger
    private let pages: OperatorPages?
    private let port: RelayPort?

    /// How long pools that empty their trash are waited for at the stop, in seconds.
    private static let closeSeconds = 2.0

    /// Wires the driver and begins to serve, and to tell of itself on the pages, if there are any.
    ///
    /// - Throws: `StartError` with a sentence for the operator.
    static func start(
        _ options: ServeOptions, pages: OperatorPages?, log: Logger
    ) throws(StartError) -> Driver {
        var pools: [DiskPool] = []
        for pool in options.pools {
            do {
                let image = try pool.image.map { (options) throws(PoolError) in
                    try PoolImage.open(pool.path, options, name: pool.name, log: log)
                }
                pools.append(
                    try DiskPool.open(
                        image?.mountPoint ?? pool.path, in: image, name: pool.name,
                        sharing: PoolSharing(isShared: pool.isShared, node: options.nodeID), log: log))
            } catch {
                throw StartError("\(error)")
            }
        }
        do {
            return try Driver(options, pools: pools, pages: pages, log: log)
        } catch let error as VolumeFault {
            throw StartError(error.summary)
        } catch {
            throw StartError("\(error)")
        }
    }

    private init(
        _ options: ServeOptions, pools: [DiskPool], pages: OperatorPages?, log: Logger
    ) throws {
        let host = KernelNode(pools: pools, freezeLimitSeconds: options.freezeLimitSeconds, log: log)
        host.thawLeftovers()
        let catalog = try Catalog(
            pools: zip(pools, options.pools).map { ($0, $1.policy) }, quieter: host,
            inFlight: InFlight(bells: KernelTurnBells()),
            topologyPrefix: "topology.\(options.driverName)",
            sha256Hex: { Digest.sha256Hex(Array($0.utf8)) }, now: Clock.wallClockRFC3339,
            moment: { Moment(nanoseconds: Clock.wallNanoseconds) },
            onPressure: { change in
                if let trouble = change.strain.trouble {
                    log.warning(trouble, (.pool, change.pool.text))
                } else {
                    log.info("the pool has room again", (.pool, change.pool.text))
                }
            })
        let propagation = Self.propagation(options)
        let volumes = NodeVolumes(catalog: catalog, host: host)
        let readiness = Readiness { () throws(VolumeFault) in
            try catalog.check()
            try host.check()
            if let propagation { throw propagation }
        }
        // A process has one gRPC core; it must be the one with TLS if the port needs that.
        if case .node = options.role { try RPCCore.load(tls: true) }
        let relayed =
            IdentityService(
                driverName: options.driverName, version: Self.version,
                manifest: NodeManifest(
                    node: options.nodeID, boot: HostIdentity.bootID, pools: pools.map(\.pool)),
                isThere: PoolPresence(pools).isThere, readiness: readiness.check
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
        self.pools = pools
        self.pages = pages
        self.host = host
        self.log = log
        try options.makeSocketFolders()
        CoreLog.redirect { log.foreign("gRPC", (.reason, $0)) }
        let vanished = try volumes.collectInline()
        for id in vanished {
            log.info("inline volume of a vanished pod deleted", (.volumeID, "\(id)"))
        }
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
            let known = Set(pools.map(\.pool.id))
            port = try RelayPort.open(
                place, driver: options.driverName,
                methods: relayed.refusing(poolsBesides: known, on: options.nodeID).map {
                    Self.method($0, log, shares)
                },
                serverOptions, hung, log: log)
        } else {
            port = nil
        }
        pages?.serve(
            OperatorPages.Subject(
                readiness: readiness, servers: [server] + [controller].compactMap(\.self), catalog: catalog,
                freezes: host.freezes,
                pools: zip(pools, options.pools).map { ($0, $1.policy) }, vanished: vanished.count,
                port: port,
                hung: hung, log: log
            ))
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
        for pool in pools { pool.giveUpCopies() }
        // All at once: kubelet waits for the sum of all that follows.
        Aside.all([
            { [port] in port?.stop() }, { [controller] in controller?.stop() }, { [server] in server.stop() },
        ])
        // A call that outlasted the server's patience must not leave a volume frozen.
        host.thawLeftovers()
        // A pool that hangs keeps its trash until the next start.
        Aside.all(pools.map { pool in { pool.close() } }, atMost: Self.closeSeconds)
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
