extension Catalog {
    /// Makes the volume disappear; one that no pool of this process knows is gone already.
    ///
    /// - Throws: `notNow` while the volume is attached anywhere, or if its pool is not here (saying "deleted" of a
    ///   volume that cannot be reached would lose it from the books), `operationPending`, `host`.
    package func delete(_ id: VolumeID) throws(VolumeFault) {
        try inFlight.withExclusive(id.name) { () throws(VolumeFault) in try discard(id) }
    }

    /// The same for who holds the volume's key already.
    func discard(_ id: VolumeID) throws(VolumeFault) {
        guard let shelf = try served(id.pool) else {
            throw .notNow("volume \(id) lives in pool \(id.pool), which is not on this node")
        }
        try shelf.store.remove(id.name)
        shelf.release(.volume(id.name))
    }

    /// Grows the volume to the range; a volume that is large enough stays as it is.
    ///
    /// `capability` is how the caller believes the volume is used, if it says.
    ///
    /// - Throws: `missing`, `malformed` for a capability that the volume does not have, `sizeNotServable` also where
    ///   the pool has no room (CSI has no code for that; external-resizer lets the user lower the request on
    ///   OUT_OF_RANGE only), `operationPending`, `host`.
    package func expand(
        _ id: VolumeID, to range: CapacityRange, usedAs capability: VolumeCapability?
    ) throws(VolumeFault) -> VolumeRecord {
        guard let shelf = try served(id.pool) else { throw .missing("volume \(id)") }
        return try inFlight.withExclusive(id.name) { () throws(VolumeFault) in
            guard let record = try shelf.volume(id.name) else { throw .missing("volume \(id)") }
            if let why = capability?.mismatch(with: record.kind) {
                throw .malformed(field: "volume_capability", why: why)
            }
            if record.size >= range.required ?? .zero {
                guard range.admits(record.size) else {
                    throw .sizeNotServable(
                        "the volume has \(record.size.bytes) bytes already and is never shrunk to limit_bytes"
                    )
                }
                try shelf.store.settleGrowth(of: id.name)
                return record
            }
            let size = try range.size(for: record.kind)
            try verifyGrowth(of: .volume(id), record.kind, to: size, on: shelf)
            return try grow(record, to: size, on: shelf)
        }
    }

    private func grow(
        _ record: VolumeRecord, to size: ByteCount, on shelf: Shelf
    ) throws(VolumeFault) -> VolumeRecord {
        do {
            try shelf.store.check()
            try shelf.catchUp()
            try shelf.begin(record, growingTo: size)
            let grown = try shelf.store.grow(record, to: size)
            shelf.finish(grown)
            return grown
        } catch {
            shelf.abandon(.volume(record.id.name))
            if case .noSpace(let why) = error { throw .sizeNotServable(why) }
            throw error
        }
    }
}
