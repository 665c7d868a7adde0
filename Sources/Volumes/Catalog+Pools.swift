import Synchronization

extension Catalog {
    /// Names the pools that are to be served, in the operator's order, before any of them is.
    package func expect(_ pools: [AbsentPool]) {
        roll.withLock { $0 = PoolRoll(pools.map(PoolPlace.absent)) }
    }

    /// Opens the books of a pool and serves it from now on, in its place of the operator's order.
    ///
    /// - Throws: what looking at the pool throws, `setAside` where another pool that is served has its identity; the pool
    ///   is served as little as before then.
    package func take(_ store: any VolumeStore, _ policy: CapacityPolicy) throws(VolumeFault) {
        let shelf = try Shelf(store: store, policy: policy, onPressure: onPressure, onTorn: onTorn)
        try roll.withLock { (roll) throws(VolumeFault) in
            let pool = store.pool
            if let twin = roll.shelves.first(where: { $0.store.pool.id == pool.id }) {
                throw .setAside(
                    what: "pool \(pool.name)",
                    why:
                        "it has the identity of pool \(twin.store.pool.name), so one of them is a copy of the other; "
                        + "serve only one of them")
            }
            roll.put(.served(shelf))
        }
    }

    /// Serves a pool no more, or tells anew why it is not served.
    package func setAside(_ pool: AbsentPool) {
        roll.withLock { $0.put(.absent(pool)) }
    }

    /// The pools that are served now, in the operator's order.
    var shelves: [Shelf] { roll.withLock { $0.shelves } }

    /// All pools of the operator's.
    var places: [PoolPlace] { roll.withLock { $0.places } }

    /// The pool, if it is served.
    func shelf(of pool: PoolID) -> Shelf? { shelves.first { $0.store.pool.id == pool } }

    /// The pool; nothing if it is not on this node.
    ///
    /// - Throws: `setAside` if it is, or may be, one of those that are not served now.
    func served(_ pool: PoolID) throws(VolumeFault) -> Shelf? {
        let places = places
        if let shelf = places.lazy.compactMap(\.shelf).first(where: { $0.store.pool.id == pool }) {
            return shelf
        }
        for case .absent(let absent) in places where absent.id == pool { throw absent.fault }
        for case .absent(let absent) in places where absent.id == nil {
            throw .setAside(
                what: "pool \(pool)", why: "it may be pool \(absent.name), which is not served: \(absent.why)"
            )
        }
        return nil
    }

    /// The pools that are not served now.
    var absentees: [AbsentPool] {
        places.compactMap { place in
            guard case .absent(let pool) = place else { return nil }
            return pool
        }
    }

    /// The segments of this process: one for each pool whose identity is known.
    package var topology: Topology {
        places.reduce(into: [:]) { segments, place in
            if let id = place.id { segments[topologyKey(of: place.name)] = id.text }
        }
    }

    func topologyKey(of pool: PoolName) -> String { "\(topologyPrefix)/pool.\(pool)" }

    /// The pools that a request could go to, best first; empty where the request wants to be elsewhere.
    ///
    /// An entry of a requirement names a pool by its key and value. Its other keys belong to the other pools of the
    /// same node, because a node has one segment per pool. A pool that is set aside keeps its place, so that what
    /// belongs there comes to be nowhere else.
    func candidates(
        _ parameters: VolumeParameters, requisite: [Topology], preferred: [Topology]
    ) -> [PoolPlace] {
        let places = places
        let named = parameters.pool.map { name in places.filter { $0.name == name } } ?? places
        func reached(by segments: Topology) -> [PoolPlace] {
            named.filter { place in
                guard let value = segments[topologyKey(of: place.name)] else { return false }
                return place.id.map { $0.text == value } ?? true
            }
        }
        guard !requisite.isEmpty || !preferred.isEmpty else { return named }
        let allowed = Set((requisite.isEmpty ? preferred : requisite).flatMap(reached).map(\.name))
        var ordered: [PoolPlace] = []
        for place in (preferred + requisite).flatMap(reached)
        where allowed.contains(place.name) && !ordered.contains(where: { $0.name == place.name }) {
            ordered.append(place)
        }
        return ordered
    }
}
