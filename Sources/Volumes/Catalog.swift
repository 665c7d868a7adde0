import Synchronization

/// The volumes of all pools of this process, and the promises made on them: what the Controller service stands on.
package final class Catalog: Sendable {
    let shelves: [Shelf]
    let inFlight: InFlight
    let topologyPrefix: String
    let sha256Hex: @Sendable (String) -> String
    let quieter: any Quieter
    let now: @Sendable () -> String
    let moment: @Sendable () -> Moment

    /// Opens the books of the pools, in the operator's order; the first one is the default.
    ///
    /// `topologyPrefix` is what the topology keys of this driver begin with, such as `topology.loop.csi.local`.
    ///
    /// - Throws: what reading the records throws; a record that cannot be read stops the start.
    package init(
        pools: [(store: any VolumeStore, policy: CapacityPolicy)], quieter: any Quieter, inFlight: InFlight,
        topologyPrefix: String, sha256Hex: @escaping @Sendable (String) -> String,
        now: @escaping @Sendable () -> String, moment: @escaping @Sendable () -> Moment
    ) throws(VolumeFault) {
        var shelves: [Shelf] = []
        for (store, policy) in pools { shelves.append(try Shelf(store: store, policy: policy)) }
        self.shelves = shelves
        self.inFlight = inFlight
        self.topologyPrefix = topologyPrefix
        self.sha256Hex = sha256Hex
        self.quieter = quieter
        self.now = now
        self.moment = moment
    }

    /// The record of a volume.
    ///
    /// - Throws: `missing` if no pool of this process holds it.
    package func volume(_ id: VolumeID) throws(VolumeFault) -> VolumeRecord {
        guard let shelf = shelf(of: id.pool), let record = try shelf.store.record(of: id.name) else {
            throw .missing("volume \(id)")
        }
        return record
    }

    /// The one segment that a volume of that pool is reachable from.
    package func topology(of pool: PoolID) -> Topology {
        guard let shelf = shelf(of: pool) else { return [:] }
        return [topologyKey(of: shelf): pool.text]
    }

    /// The segments of this process: one per pool.
    package var topology: Topology {
        shelves.reduce(into: [:]) { segments, shelf in
            segments[topologyKey(of: shelf)] = shelf.store.pool.id.text
        }
    }

    /// The image of a volume as it lies in its pool, or nothing if it is missing.
    package func image(of id: VolumeID) throws(VolumeFault) -> ImageState? {
        try shelf(of: id.pool)?.store.image(of: id.name)
    }

    /// What is left of the pool that holds the volume, or nothing if the pool is not here.
    package func space(ofPool id: PoolID) throws(VolumeFault) -> PoolSpace? {
        try shelf(of: id)?.store.space()
    }

    func shelf(of pool: PoolID) -> Shelf? { shelves.first { $0.store.pool.id == pool } }

    func topologyKey(of shelf: Shelf) -> String { "\(topologyPrefix)/pool.\(shelf.store.pool.name)" }

    /// The pools that could serve a request, best first; empty where the request wants to be elsewhere.
    ///
    /// An entry of a requirement names a pool by its key and value. Its other keys belong to the other pools of the
    /// same node, because a node has one segment per pool.
    func candidates(
        _ parameters: VolumeParameters, requisite: [Topology], preferred: [Topology]
    ) -> [Shelf] {
        let named = parameters.pool.map { name in shelves.filter { $0.store.pool.name == name } } ?? shelves
        func reached(by segments: Topology) -> [Shelf] {
            named.filter { segments[topologyKey(of: $0)] == $0.store.pool.id.text }
        }
        guard !requisite.isEmpty || !preferred.isEmpty else { return named }
        let allowed = Set((requisite.isEmpty ? preferred : requisite).flatMap(reached).map(\.store.pool.id))
        var ordered: [Shelf] = []
        for shelf in (preferred + requisite).flatMap(reached)
        where allowed.contains(shelf.store.pool.id)
            && !ordered.contains(where: { $0.store.pool.id == shelf.store.pool.id })
        {
            ordered.append(shelf)
        }
        return ordered
    }
}

/// A store with its ledger: the two change together.
final class Shelf: Sendable {
    let store: any VolumeStore
    private let policy: CapacityPolicy
    private let ledger: Mutex<Ledger>

    init(store: any VolumeStore, policy: CapacityPolicy) throws(VolumeFault) {
        var ledger = Ledger(policy: policy)
        for name in try store.names() {
            guard let record = try store.record(of: name) else { continue }
            ledger.enter(.volume(name), policy.commitment(of: record.size, record.provisioning))
        }
        for name in try store.snapshotNames() where name.membership == nil {
            guard let record = try store.snapshot(of: name) else { continue }
            ledger.enter(.snapshot(name), record.commitment)
        }
        for name in try store.groupNames() {
            guard let record = try store.group(of: name) else { continue }
            ledger.enter(.group(name), record.commitment)
        }
        self.store = store
        self.policy = policy
        self.ledger = Mutex(ledger)
    }

    /// Promises room for a volume of that size, having the trash emptied first if that is what is in the way.
    func reserve(_ name: VolumeName, _ size: ByteCount, _ provisioning: Provisioning) throws(VolumeFault) {
        try reserve(.volume(name), policy.commitment(of: size, provisioning))
    }

    /// The same for whatever costs that much.
    func reserve(_ key: ObjectKey, _ commitment: ByteCount) throws(VolumeFault) {
        do {
            try promise(key, commitment)
        } catch .noSpace(let why) {
            guard try store.reclaim() else { throw .noSpace(why) }
            try promise(key, commitment)
        }
    }

    /// Sets the promise to what a volume of that size costs, without asking whether there is room.
    func enter(_ name: VolumeName, _ size: ByteCount, _ provisioning: Provisioning) {
        ledger.withLock { $0.enter(.volume(name), policy.commitment(of: size, provisioning)) }
    }

    func release(_ key: ObjectKey) { ledger.withLock { $0.release(key) } }

    func largest(_ provisioning: Provisioning) throws(VolumeFault) -> ByteCount {
        let space = try store.space()
        return ledger.withLock { policy.largest(provisioning, in: $0.available(in: space)) }
    }

    private func promise(_ key: ObjectKey, _ commitment: ByteCount) throws(VolumeFault) {
        let space = try store.space()
        try ledger.withLock { (ledger) throws(VolumeFault) in
            try ledger.reserve(key, commitment, in: space)
        }
    }
}
