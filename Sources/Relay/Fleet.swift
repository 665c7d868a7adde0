import CSIWire
import LinuxHost
package import Log
import Synchronization
import Volumes

/// The nodes' name could not be resolved, which is not the same as a name without addresses.
package struct NodesNotFound: Error, Equatable, Sendable {
    let why: String

    /// Says why, as the resolver does.
    package init(_ why: String) { self.why = why }
}

/// The nodes behind one name and what each has: a cache, kept fresh by `keepLooking`.
package final class Fleet: Sendable {
    /// How often the name is resolved, in seconds.
    static let period = 10.0
    /// Looks that calls ask for are at least so far apart, in nanoseconds.
    static let breath: Int64 = 1_000_000_000
    /// A claim is asked for again when it is so old, in nanoseconds.
    static let age: Int64 = 300_000_000_000
    /// The same where a pool is missing, because one of the nodes may have got it since.
    static let ageOnMiss: Int64 = 10_000_000_000
    /// A node that takes longer to say who it is fails, in nanoseconds.
    ///
    /// A relay with a tenth of a processor takes eight seconds to connect to a handful of new ones.
    static let patience: Int64 = 10_000_000_000
    /// So many nodes are asked at once.
    static let handful = 256

    struct State {
        var map = FleetMap()
        /// The name was resolved once and all behind it were asked.
        var isReady = false
        var trouble: String?
        var contested: [PoolID] = []
        /// Rings at the end of the look that goes on.
        var looking: Bell?
        var lastLook: Int64 = 0
        /// Rings to end the pause between two looks.
        var wake: Bell?
        var isStopped = false
    }

    private let began: Int64

    let driver: String
    let caller: any NodeCaller
    let addresses: @Sendable () throws(NodesNotFound) -> [NodeAddress]
    let now: @Sendable () -> Int64
    let log: Logger
    let state = Mutex(State())
    let shares: WorkerShares

    /// Knows nobody yet; `addresses` resolves the nodes' name and may take long.
    package init(
        driver: String, caller: any NodeCaller, log: Logger, workers: Int = Relay.workers,
        now: @escaping @Sendable () -> Int64 = { Clock.monotonicNanoseconds },
        addresses: @escaping @Sendable () throws(NodesNotFound) -> [NodeAddress]
    ) {
        self.driver = driver
        self.caller = caller
        self.log = log
        self.now = now
        self.addresses = addresses
        shares = WorkerShares(workers: workers)
        began = now()
    }

    /// Looks for a call that misses something, unless too many calls wait for a look already.
    private func search(age: Int64, until deadline: Int64) {
        guard shares.enter(.look) else { return }
        defer { shares.leave(.look) }
        look(age: age, until: deadline)
    }

    /// How many nodes and pools there are, for the operator.
    package struct Figures: Equatable, Sendable {
        /// Addresses that answered when they were last asked.
        package let reached: Int
        /// Addresses that did not.
        package let failing: Int
        /// Pools, each counted once.
        package let pools: Int
        /// Pools that several claim without sharing them.
        package let contested: Int
    }

    /// The figures of the moment.
    package var figures: Figures {
        let map = map
        let listed = map.nodes.values.filter(\.isListed)
        let reached = listed.count { $0.trouble == nil && $0.claim != nil }
        return Figures(
            reached: reached, failing: listed.count - reached, pools: map.pools.count,
            contested: map.contestedPools.count)
    }

    /// Who has what, as far as is known.
    var map: FleetMap { state.withLock { $0.map } }

    /// True once the relay has run so long that whom it does not know is no node whose driver was just restarting.
    var mayPassOver: Bool { now() - began > FleetMap.memory }

    /// True once the name was resolved and everybody behind it was asked.
    package var isReady: Bool { state.withLock { $0.isReady } }

    /// The nodes that have a pool, the best to ask first.
    ///
    /// - Throws: UNAVAILABLE if none is known after another look, or if several claim a pool that is not shared.
    func nodes(of pool: PoolID, until deadline: Int64) throws(CSIStatus) -> [FleetMap.Node] {
        if case .unknown = map.place(of: pool) { search(age: Self.ageOnMiss, until: deadline) }
        switch map.place(of: pool) {
        case .at(let nodes): return nodes
        case .contested(let nodes): throw Self.contested(pool, nodes)
        case .unknown:
            throw CSIStatus(
                .unavailable, "no node that can be reached has pool \(pool)\(unseen); repeat the call later")
        }
    }

    /// Any nodes, those without trouble first.
    ///
    /// - Throws: UNAVAILABLE if there are none.
    func anyNodes(until deadline: Int64) throws(CSIStatus) -> [FleetMap.Node] {
        func known() -> [FleetMap.Node] {
            state.withLock { state in
                state.map.nodes.values.filter { $0.claim != nil }.sorted { left, right in
                    (left.isWell ? 0 : 1, left.address) < (
                        right.isWell ? 0 : 1, right.address
                    )
                }
            }
        }
        if known().isEmpty { search(age: Self.ageOnMiss, until: deadline) }
        let nodes = known()
        guard !nodes.isEmpty else {
            throw CSIStatus(.unavailable, "no node can be reached\(unseen); repeat the call later")
        }
        return nodes
    }

    /// Everybody who must be asked for a whole answer.
    ///
    /// - Throws: UNAVAILABLE if it is not known who has what, or a pool is contested.
    func whole(until deadline: Int64) throws(CSIStatus) -> FleetMap {
        var map = self.map
        if map.pools.isEmpty || !map.silent.isEmpty || !isReady {
            search(age: Self.age, until: deadline)
            map = self.map
        }
        if let node = map.silent.first {
            throw CSIStatus(
                .unavailable,
                "node \(node.label) has not said what it has: \(node.trouble ?? "it was not asked yet")")
        }
        if let pool = map.contestedPools.first, case .contested(let nodes) = map.place(of: pool) {
            throw Self.contested(pool, nodes)
        }
        if let (node, pool) = map.nameless {
            throw CSIStatus(
                .unavailable,
                "node \(node.label) cannot tell what is in its pool '\(pool)', which is set aside")
        }
        guard isReady, !map.pools.isEmpty else {
            throw CSIStatus(.unavailable, "no node can be reached\(unseen); repeat the call later")
        }
        return map
    }

    /// Takes in that a call to a node failed, so that it is asked again soon.
    func suspect(_ node: FleetMap.Node) {
        let bell = state.withLock { state in
            state.map.suspect(node.address)
            return state.wake
        }
        Self.ring(bell)
    }

    /// What stands in the way of knowing more, as the end of a sentence.
    private var unseen: String {
        state.withLock { state in
            if let trouble = state.trouble { return " (the nodes' name cannot be resolved: \(trouble))" }
            if state.map.nodes.isEmpty { return " (the nodes' name has no addresses)" }
            let failing = state.map.nodes.values.filter { $0.trouble != nil }.sorted {
                $0.address < $1.address
            }
            guard let first = failing.first else { return "" }
            let more = failing.count > 1 ? " and \(failing.count - 1) more" : ""
            return " (not reached: \(first.label)\(more): \(first.trouble ?? ""))"
        }
    }

    static func contested(_ pool: PoolID, _ nodes: [FleetMap.Node]) -> CSIStatus {
        CSIStatus(
            .unavailable,
            "pool \(pool) is claimed by \(nodes.map(\.label).joined(separator: " and ")), and none of its volumes is "
                + "served until one of them does not claim it any more; a copy of a disk has to become a pool of "
                + "its own, a pool that they share needs shared=yes on each")
    }

    static func ring(_ bell: Bell?) {
        do throws(SystemError) {
            try bell?.ring()
        } catch {
            // Who waits goes on when its time is over.
        }
    }
}
