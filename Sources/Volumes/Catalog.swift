import Synchronization

/// The volumes of all pools of this process, and the promises made on them: what the Controller service stands on.
package final class Catalog: Sendable {
    let roll: Mutex<PoolRoll>
    let onPressure: @Sendable (PoolPressureChange) -> Void
    let onTorn: @Sendable (TornChange) -> Void
    let onOmission: @Sendable (PoolName, VolumeFault) -> Void
    let inFlight: InFlight
    let topologyPrefix: String
    let sha256Hex: @Sendable (String) -> String
    let quieter: any Quieter
    let now: @Sendable () -> String
    let moment: @Sendable () -> Moment

    /// Opens the books of the pools, in the operator's order; the first one is the default, and more come by `take`.
    ///
    /// `topologyPrefix` is what the topology keys of this driver begin with, such as `topology.loop.csi.local`;
    /// `onPressure` hears when a pool begins to run low, and when that ends; `onTorn` when an object is found torn, and
    /// when it is whole again; `onOmission` when a list leaves out a pool, and why.
    ///
    /// - Throws: what looking at a pool throws; objects that are torn hinder nothing.
    package init(
        pools: [(store: any VolumeStore, policy: CapacityPolicy)], quieter: any Quieter, inFlight: InFlight,
        topologyPrefix: String, sha256Hex: @escaping @Sendable (String) -> String,
        now: @escaping @Sendable () -> String, moment: @escaping @Sendable () -> Moment,
        onPressure: @escaping @Sendable (PoolPressureChange) -> Void = { _ in },
        onTorn: @escaping @Sendable (TornChange) -> Void = { _ in },
        onOmission: @escaping @Sendable (PoolName, VolumeFault) -> Void = { _, _ in }
    ) throws(VolumeFault) {
        var shelves: [Shelf] = []
        for (store, policy) in pools {
            shelves.append(try Shelf(store: store, policy: policy, onPressure: onPressure, onTorn: onTorn))
        }
        roll = Mutex(PoolRoll(shelves.map(PoolPlace.served)))
        self.onPressure = onPressure
        self.onTorn = onTorn
        self.onOmission = onOmission
        self.inFlight = inFlight
        self.topologyPrefix = topologyPrefix
        self.sha256Hex = sha256Hex
        self.quieter = quieter
        self.now = now
        self.moment = moment
    }

    /// The record of a volume.
    ///
    /// - Throws: `missing` if no pool of this process holds it, `setAside` if its pool is not served now.
    package func volume(_ id: VolumeID) throws(VolumeFault) -> VolumeRecord {
        guard let shelf = try served(id.pool), let record = try shelf.volume(id.name) else {
            throw .missing("volume \(id)")
        }
        return record
    }

    /// The record of a volume, for whoever wants to know whether there is one.
    ///
    /// - Throws: `operationPending` if it is just being made, so that it is not taken for missing; `missing`.
    package func settledVolume(_ id: VolumeID) throws(VolumeFault) -> VolumeRecord {
        // Asked first: what ends in between is there when the record is read.
        let isBusy = inFlight.isBusy(.volume(id.name))
        do {
            return try volume(id)
        } catch .missing where isBusy {
            throw .operationPending("volume \(id)")
        }
    }

    /// The one segment that a volume of that pool is reachable from.
    package func topology(of pool: PoolID) -> Topology {
        guard let shelf = shelf(of: pool) else { return [:] }
        return [topologyKey(of: shelf.store.pool.name): pool.text]
    }

    /// The image of a volume as it lies in its pool, or nothing if it is missing.
    package func image(of id: VolumeID) throws(VolumeFault) -> ImageState? {
        try served(id.pool)?.store.image(of: id.name)
    }

    /// How well the pool is off now, or nothing if it is not here.
    package func strain(onPool id: PoolID) throws(VolumeFault) -> PoolStrain? {
        try shelf(of: id)?.strain()
    }

    /// Notes what the image of a volume occupies now; true if it may still need blocks.
    package func notice(_ image: ImageState, of id: VolumeID) -> Bool {
        shelf(of: id.pool)?.notice(image, of: id.name) ?? false
    }
}
