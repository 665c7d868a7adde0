/// One page of a list of volumes.
package struct VolumePage: Sendable {
    /// The volumes, ordered by handle.
    package let volumes: [VolumeRecord]
    /// Where the next page starts; nothing after the last one.
    package let next: VolumeID?
}

/// What GetCapacity answers.
package struct Capacity: Equatable, Sendable {
    /// The largest volume that would be created now.
    package let available: ByteCount
    /// The smallest volume of the kind asked for.
    package let minimum: ByteCount

    /// Puts the two together.
    package init(available: ByteCount, minimum: ByteCount) {
        self.available = available
        self.minimum = minimum
    }
}

extension Catalog {
    /// No reply holds more entries, so that it stays below the 4 MiB that gRPC clients accept.
    package static let longestPage = 8000

    /// Lists volumes in the order of their handles, after the one that the last page ended with.
    ///
    /// Paging by key instead of by index: volumes deleted between two pages do no harm. Inline volumes are left out:
    /// no controller made them, and none is to delete them.
    package func list(after: VolumeID?, limit: Int?) throws(VolumeFault) -> VolumePage {
        if let after { try expectServed(after.pool) }
        let room = min(limit ?? Self.longestPage, Self.longestPage)
        var volumes: [VolumeRecord] = []
        for shelf in shelves.sorted(by: { $0.store.pool.id.text < $1.store.pool.id.text }) {
            let pool = shelf.store.pool.id
            if let after, pool.text < after.pool.text { continue }
            for name in try shelf.store.names() {
                if let after, pool == after.pool, name <= after.name { continue }
                guard let record = try shelf.store.record(of: name), record.inlineTarget == nil else {
                    continue
                }
                guard volumes.count < room else {
                    return VolumePage(volumes: volumes, next: volumes.last?.id)
                }
                volumes.append(record)
            }
        }
        return VolumePage(volumes: volumes, next: nil)
    }

    /// A token that names a pool of somebody else was not made here, or before a pool was taken away.
    func expectServed(_ pool: PoolID) throws(VolumeFault) {
        guard shelf(of: pool) == nil else { return }
        throw .staleToken("it is not a next_token of this driver; start again without one")
    }

    /// The largest volume that `create` would make now with these parameters at that place; zero if none.
    package func capacity(
        _ parameters: VolumeParameters, kind: VolumeKind, at topology: Topology?
    ) throws(VolumeFault) -> Capacity {
        let requisite = topology.map { [$0] } ?? []
        guard let shelf = candidates(parameters, requisite: requisite, preferred: []).first else {
            return Capacity(available: .zero, minimum: kind.minimumSize)
        }
        let largest = try shelf.largest(parameters.provisioning ?? shelf.store.pool.defaultProvisioning)
        let whole = largest.bytes - largest.bytes % CapacityRange.granularity.bytes
        let servable = min(ByteCount(known: whole), CapacityRange.maximumSize)
        return Capacity(
            available: servable >= kind.minimumSize ? servable : .zero, minimum: kind.minimumSize)
    }

    /// Verifies every pool.
    ///
    /// - Throws: `notNow` naming the first pool that is not fit for work.
    package func check() throws(VolumeFault) {
        for shelf in shelves { try shelf.store.check() }
    }
}
