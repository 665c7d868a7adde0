extension Catalog {
    /// Creates the volume, or finds the one that an earlier, equal request made.
    ///
    /// - Throws: `existsDifferently`, `sizeNotServable`, `noSpace` (also for a place that this process does not
    ///   serve), `operationPending`, `notNow`, `host`; nothing is left behind then.
    package func create(_ request: CreateRequest) throws(VolumeFault) -> VolumeRecord {
        let name = VolumeName(for: request.name, sha256Hex: sha256Hex)
        return try inFlight.withExclusive(name) { () throws(VolumeFault) in
            if let existing = try existing(name, request) { return existing }
            let size = try request.range.size(for: request.kind)
            guard
                let shelf = candidates(
                    request.parameters, requisite: request.requisite, preferred: request.preferred
                ).first
            else { throw .noSpace(placeless(request)) }
            return try build(name, request, size: size, on: shelf)
        }
    }

    /// The volume of that name, if any pool has one and it is what the request means.
    private func existing(_ name: VolumeName, _ request: CreateRequest) throws(VolumeFault) -> VolumeRecord? {
        for shelf in shelves {
            guard let record = try shelf.store.record(of: name) else { continue }
            if let why = record.difference(from: request) {
                throw .existsDifferently(what: "volume '\(request.name.prefix(128))'", why: why)
            }
            let reachable = candidates(
                VolumeParameters.any, requisite: request.requisite, preferred: [])
            guard reachable.contains(where: { $0.store.pool.id == shelf.store.pool.id }) else {
                throw .existsDifferently(
                    what: "volume '\(request.name.prefix(128))'",
                    why: "it lives in pool \(shelf.store.pool.name), outside the topology asked for")
            }
            return record
        }
        return nil
    }

    private func build(
        _ name: VolumeName, _ request: CreateRequest, size: ByteCount, on shelf: Shelf
    ) throws(VolumeFault) -> VolumeRecord {
        let pool = shelf.store.pool
        let record = VolumeRecord(
            id: VolumeID(pool: pool.id, name: name), requestedName: request.name, size: size,
            kind: request.kind,
            provisioning: request.parameters.provisioning ?? pool.defaultProvisioning,
            sectorBytes: pool.sectorBytes, parameters: request.parameters, created: now())
        try shelf.store.check()
        try shelf.reserve(name, size, record.provisioning)
        do {
            try shelf.store.create(record)
        } catch {
            shelf.release(name)
            throw error
        }
        return record
    }

    private func placeless(_ request: CreateRequest) -> String {
        if let pool = request.parameters.pool, !shelves.contains(where: { $0.store.pool.name == pool }) {
            return "this node has no pool '\(pool)'"
        }
        return "the topology asked for is not served here; the pools here are "
            + shelves.map { "\(topologyKey(of: $0))=\($0.store.pool.id)" }.joined(separator: ", ")
    }
}

extension VolumeParameters {
    /// Parameters that ask for nothing.
    static let any = VolumeParameters()

    private init() {
        self.mkfsOptions = .none
    }
}
