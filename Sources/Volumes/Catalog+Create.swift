import Text

extension Catalog {
    /// Creates the volume, or finds the one that an earlier, equal request made.
    ///
    /// - Throws: `existsDifferently`, `sizeNotServable`, `noSpace` (also for a place that this process does not
    ///   serve), `operationPending`, `notNow`, `host`; nothing is left behind then.
    package func create(_ request: CreateRequest) throws(VolumeFault) -> VolumeRecord {
        let name = VolumeName(for: request.name, sha256Hex: sha256Hex)
        guard let source = request.source else {
            return try inFlight.withExclusive(name) { () throws(VolumeFault) in
                if let existing = try existing(name, request) { return existing }
                let plan = Plan(
                    size: try request.range.size(for: request.kind), kind: request.kind,
                    sectorBytes: request.parameters.sectorBytes, origin: .fresh)
                return try building(name, request, plan)
            }
        }
        // A volume that is there already needs its source no more, which may be gone or busy.
        if let existing = try inFlight.withExclusive(
            name,
            { () throws(VolumeFault) in
                try existing(name, request)
            })
        {
            return existing
        }
        // The volume to be made cannot be its own source.
        if case .volume(let id) = source, id.name == name { throw .missing("volume \(id)") }
        return try holding(.volume(name), and: source) { () throws(VolumeFault) in
            if let existing = try existing(name, request) { return existing }
            return try copy(source, name, request)
        }
    }

    /// What is to be built, once source and size are known.
    private struct Plan {
        let size: ByteCount
        let kind: VolumeKind
        let sectorBytes: UInt32?
        let origin: ImageOrigin
    }

    private func copy(
        _ source: ContentSource, _ name: VolumeName, _ request: CreateRequest
    ) throws(VolumeFault) -> VolumeRecord {
        let facts = try facts(of: source)
        guard request.kind(from: facts.kind) == facts.kind else {
            throw .malformed(
                field: "volume_capabilities",
                why: "the source is a \(facts.kind) volume, and so is every copy of it")
        }
        if let wish = request.parameters.sectorBytes, wish != facts.sectorBytes {
            throw .malformed(
                field: "parameters",
                why: "sectorSize \(wish): the source has sectors of \(facts.sectorBytes) bytes, and so has "
                    + "every copy of it")
        }
        let size = try size(request, from: facts)
        if size > facts.size, let shelf = shelf(of: source.pool) {
            try verifyGrowth(of: source, facts.kind, to: size, on: shelf)
        }
        let plan = Plan(
            size: size, kind: facts.kind, sectorBytes: facts.sectorBytes, origin: origin(source, facts))
        return try building(name, request, plan)
    }

    /// Builds the volume, unless the driver of another node did meanwhile: then its volume is the answer.
    private func building(
        _ name: VolumeName, _ request: CreateRequest, _ plan: Plan
    ) throws(VolumeFault) -> VolumeRecord {
        let shelf = try place(request)
        do {
            return try build(name, request, plan, on: shelf)
        } catch .existsDifferently {
            if let existing = try existing(name, request) { return existing }
            throw .operationPending("volume '\(request.name.cut(bytes: 128))'")
        }
    }

    /// The pool for a request: its source's, or else the best of those that could serve it.
    private func place(_ request: CreateRequest) throws(VolumeFault) -> Shelf {
        let places = candidates(for: request)
        guard let source = request.source else {
            switch places.first {
            case .served(let best): return best
            // Not the next one: it would come to be in a pool that nobody asked for.
            case .absent(let pool): throw .noSpace(pool.fault.summary)
            case nil: throw .noSpace(placeless(request))
            }
        }
        guard let shelf = places.lazy.compactMap(\.shelf).first(where: { $0.store.pool.id == source.pool })
        else {
            throw .noSpace("the source lives in pool \(source.pool), and a copy of it can live nowhere else")
        }
        return shelf
    }

    /// The pools that a request could go to.
    func candidates(for request: CreateRequest) -> [PoolPlace] {
        candidates(request.parameters, requisite: request.requisite, preferred: request.preferred).filter {
            request.inlineTarget == nil || !$0.isShared
        }
    }

    /// The volume of that name, if any pool has one and it is what the request means.
    private func existing(_ name: VolumeName, _ request: CreateRequest) throws(VolumeFault) -> VolumeRecord? {
        let likely = Set(candidates(for: request).compactMap(\.id))
        for shelf in shelves {
            let isLikely = likely.contains(shelf.store.pool.id)
            let found = try shelf.ifReachable(.volume(name), isLikely: isLikely) {
                (_) throws(VolumeFault) in
                try shelf.volume(name)
            }
            guard let record = found else { continue }
            if let why = record.difference(from: request) {
                throw .existsDifferently(what: "volume '\(request.name.cut(bytes: 128))'", why: why)
            }
            let reachable = candidates(
                VolumeParameters.any, requisite: request.requisite, preferred: [])
            guard reachable.contains(where: { $0.id == shelf.store.pool.id }) else {
                throw .existsDifferently(
                    what: "volume '\(request.name.cut(bytes: 128))'",
                    why: "it lives in pool \(shelf.store.pool.name), outside the topology asked for")
            }
            guard try shelf.store.image(of: name) != nil else { throw .withoutImage("volume \(record.id)") }
            try shelf.store.settle(.volume(name))
            return record
        }
        return nil
    }

    private func build(
        _ name: VolumeName, _ request: CreateRequest, _ plan: Plan, on shelf: Shelf
    ) throws(VolumeFault) -> VolumeRecord {
        let pool = shelf.store.pool
        try shelf.catchUp()
        let record = VolumeRecord(
            id: VolumeID(pool: pool.id, name: name), requestedName: request.name, size: plan.size,
            kind: plan.kind,
            provisioning: request.parameters.provisioning ?? pool.defaultProvisioning,
            sectorBytes: plan.sectorBytes ?? pool.sectorBytes,
            parameters: request.parameters.withoutSectorSize,
            source: request.source, lineage: request.source.flatMap { shelf.lineage(of: $0) },
            created: now(), madeFor: request.madeFor, inlineTarget: request.inlineTarget)
        try shelf.store.check()
        try shelf.begin(record)
        do {
            try shelf.store.create(record, from: plan.origin)
        } catch {
            shelf.abandon(.volume(name))
            throw error
        }
        shelf.finish(record)
        return record
    }

    private func placeless(_ request: CreateRequest) -> String {
        // Another node could not tell whether the pod is still there.
        let places = places
        if request.inlineTarget != nil, places.contains(where: \.isShared) {
            return "an inline volume belongs to one node, and the pool for it is shared; name another pool"
        }
        if let pool = request.parameters.pool, !places.contains(where: { $0.name == pool }) {
            return "this node has no pool '\(pool)'"
        }
        return "the topology asked for is not served here; the pools here are "
            + places.map { "\(topologyKey(of: $0.name))=\($0.id?.text ?? "?")" }.joined(separator: ", ")
    }
}

extension VolumeParameters {
    /// Parameters that ask for nothing.
    static let any = VolumeParameters()

    private init() {
        self.mkfsOptions = .none
    }
}
