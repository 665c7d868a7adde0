import CSIServices
import LinuxHost
import Log
import Pool
import RPCServer
import Synchronization
import Volumes

/// Opens the operator's pools, each by itself, and serves each as soon and as long as it can be.
final class PoolKeeper: Sendable {
    /// How long a start waits for pools that are slow to open; those that are slower come later.
    private static let patience: Int64 = 10_000_000_000
    private static let patienceWithLooks: Int64 = 1_000_000_000
    private static let patienceWithEnd: Int64 = 5_000_000_000

    let catalog: Catalog
    let host: KernelNode
    let volumes: NodeVolumes
    let pools: [KeptPool]
    private let log: Logger
    private let vanishedCount = Atomic(0)

    /// Makes ready what the driver stands on, with no pool yet.
    init(_ options: ServeOptions, log: Logger) throws {
        let host = KernelNode(pools: [], freezeLimitSeconds: options.freezeLimitSeconds, log: log)
        // What an earlier run left frozen is thawed before anybody works there, whatever became of its pool.
        host.thawLeftovers()
        host.sweepNotes()
        let catalog = try Catalog(
            pools: [], quieter: host, inFlight: InFlight(bells: KernelTurnBells()),
            topologyPrefix: "topology.\(options.driverName)",
            sha256Hex: { Digest.sha256Hex(Array($0.utf8)) }, now: Clock.wallClockRFC3339,
            moment: { Moment(nanoseconds: Clock.wallNanoseconds) },
            onPressure: { change in
                if let trouble = change.strain.trouble {
                    log.warning(trouble, (.pool, change.pool.text))
                } else {
                    log.info("the pool has room again", (.pool, change.pool.text))
                }
            },
            onTorn: { change in
                let object = change.object
                if change.isMended {
                    log.info("no longer set aside", (.pool, change.pool.text), (.reason, "\(object.key)"))
                } else {
                    log.warning(object.fault.summary, (.pool, change.pool.text))
                }
            },
            onOmission: { pool, fault in
                log.warning("a list leaves out a pool", (.pool, pool.text), (.reason, fault.summary))
            })
        let volumes = NodeVolumes(catalog: catalog, host: host)
        let memory = PoolMemory(folder: options.stateFolder, log: log)
        memory.sweep()
        var pools: [KeptPool] = []
        for pool in options.pools {
            let policy = pool.policy
            pools.append(
                try KeptPool(
                    pool, node: options.nodeID, memory: memory, log: log,
                    work: KeptPool.Work(
                        serve: { (opened) throws(VolumeFault) in
                            host.add(opened)
                            try catalog.take(opened, policy)
                        }, setAside: { catalog.setAside($0) })))
        }
        self.host = host
        self.catalog = catalog
        self.volumes = volumes
        self.pools = pools
        self.log = log
        catalog.expect(
            pools.map {
                AbsentPool(
                    name: $0.options.name, id: $0.known?.id, isShared: $0.known?.isShared ?? false,
                    why: "it is being opened, which its disk may keep waiting")
            })
    }

    /// Opens the pools; returns when each was tried or the time is over, or with the signal that ended the wait.
    ///
    /// While there is nothing to serve and nothing to take down, as no pool was ever served here, the driver has no
    /// socket, so that nobody takes the node for one that has the driver: disks are waited for, and refusals end the start.
    func settle() throws -> Int32? {
        for pool in pools { try pool.begin() }
        let deadline = Clock.monotonicNanoseconds + Self.patience
        for pool in pools {
            while !pool.wasTried(within: 0.1), Clock.monotonicNanoseconds < deadline {
                if let signal = try Signals.next(within: 0) { return signal }
            }
        }
        while pools.allSatisfy({ $0.pool == nil && $0.known == nil }) {
            guard pools.contains(where: \.isPending) else {
                throw StartError(conditions().compactMap(\.condition.trouble).joined(separator: "\n"))
            }
            if let signal = try Signals.next(within: Self.patienceWithLooks / 4) { return signal }
        }
        return nil
    }

    /// How it stands with each pool, told within about a second whatever hangs.
    func conditions() -> [(name: String, condition: PoolCondition)] {
        let looks = pools.map { ($0, $0.beginLook()) }
        let deadline = Clock.monotonicNanoseconds + Self.patienceWithLooks
        return looks.map { pool, pending in (pool.options.name.text, pool.condition(pending, by: deadline)) }
    }

    /// The same with what is known of calls that are stuck, which a look from memory does not show.
    func conditions(besides stuck: [HungCalls.Finding]) -> [(name: String, condition: PoolCondition)] {
        conditions().map { name, condition in
            switch condition {
            case .setAside, .hung: return (name, condition)
            case .served, .readOnly:
                guard let finding = stuck.first(where: { $0.pool == name }) else { return (name, condition) }
                return (name, .hung(finding.sentence))
            }
        }
    }

    /// A line for each pool that is not well.
    func troubles() -> [String] {
        conditions().compactMap { pool in
            pool.condition.trouble.map { "pool \(pool.name): \(pool.condition.state): \($0)" }
        }
    }

    /// Verifies that one pool at least is fit for work.
    ///
    /// - Throws: `notNow` with what is wrong with the first one.
    func check() throws(VolumeFault) {
        let conditions = conditions().map(\.condition)
        guard !conditions.contains(.served), let trouble = conditions.lazy.compactMap(\.trouble).first else {
            return
        }
        throw .notNow(trouble)
    }

    /// What the node tells a relay of its pools.
    func manifest() -> [NodeManifest.Pool] {
        pools.map { kept in
            NodeManifest.Pool(
                name: kept.options.name, id: kept.id,
                isShared: kept.pool?.pool.isShared ?? kept.known?.isShared ?? false,
                isThere: kept.isThere)
        }
    }

    /// The identities of the pools of this node, as far as they are known; costs no look.
    var identities: Set<PoolID> { Set(pools.compactMap(\.id)) }

    /// The name of the pool for volumes whose class names none.
    var defaultPool: PoolName? { pools.first?.options.name }

    /// Half-made objects and inline volumes of vanished pods that were removed.
    var leftoversSwept: Int {
        pools.reduce(vanishedCount.load(ordering: .relaxed)) { $0 + ($1.pool?.leftoversSwept ?? 0) }
    }

    /// Deletes inline volumes whose pods vanished.
    func collectInline() {
        do throws(VolumeFault) {
            for id in try volumes.collectInline() {
                vanishedCount.add(1, ordering: .relaxed)
                log.info("inline volume of a vanished pod deleted", (.volumeID, "\(id)"))
            }
        } catch {
            log.warning("inline volumes of vanished pods stay for now", (.error, error.summary))
        }
    }

    /// Lets no copy go on.
    func giveUpCopies() {
        for pool in pools {
            pool.stop()
            pool.pool?.giveUpCopies()
        }
    }

    /// Waits until deleted volumes have given their blocks back, for a while.
    func close() {
        let ends = pools.compactMap(\.pool).map { pool in Glance(name: "pool-close") { pool.close() } }
        let pending = ends.map { ($0, $0.begin()) }
        let deadline = Clock.monotonicNanoseconds + Self.patienceWithEnd
        for (end, pending) in pending { _ = end.end(pending, by: deadline) }
    }
}
