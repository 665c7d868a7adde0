/// What is known of a content source before anything is copied from it.
struct SourceFacts {
    let size: ByteCount
    let kind: VolumeKind
    let sectorBytes: UInt32
    /// The volume, if it is one.
    let volume: VolumeRecord?
}

extension Catalog {
    /// The facts of a content source.
    ///
    /// - Throws: `missing` if it never was, `noSpace` if it lives in a pool that is not here: that code lets the
    ///   scheduler try another node.
    func facts(of source: ContentSource) throws(VolumeFault) -> SourceFacts {
        guard let shelf = try served(source.pool) else {
            throw .noSpace("the source lives in pool \(source.pool), which is not on this node")
        }
        switch source {
        case .snapshot(let id):
            let record = try snapshot(id)
            try shelf.store.settle(source.key)
            return SourceFacts(
                size: record.size, kind: record.kind, sectorBytes: record.sectorBytes, volume: nil)
        case .volume(let id):
            let record = try volume(id)
            try shelf.store.settle(source.key)
            return SourceFacts(
                size: record.size, kind: record.kind, sectorBytes: record.sectorBytes, volume: record)
        }
    }

    /// The size of a volume made from a source: at least the source's.
    ///
    /// - Throws: `sizeNotServable` where the range is below the source.
    func size(_ request: CreateRequest, from facts: SourceFacts) throws(VolumeFault) -> ByteCount {
        guard let required = request.range.required else {
            guard request.range.admits(facts.size) else {
                throw .sizeNotServable("limit_bytes is below the source, which has \(facts.size.bytes) bytes")
            }
            return facts.size
        }
        guard required >= facts.size else {
            throw .sizeNotServable(
                "required_bytes \(required.bytes) is below the source, which has \(facts.size.bytes) bytes")
        }
        return try request.range.size(for: facts.kind)
    }

    /// How the image of the new volume begins.
    func origin(_ source: ContentSource, _ facts: SourceFacts) -> ImageOrigin {
        .copy(source) { (seconds, copying) throws(VolumeFault) in
            guard let volume = facts.volume else { return try copying { true } }
            try self.quieter.quieten(volume, .frozen, expectedSeconds: seconds, copying)
        }
    }

    /// Holds what is to be made and its source in one step: a snapshot with others, a volume alone, as it may be frozen.
    func holding<Result>(
        _ key: ObjectKey, and source: ContentSource, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        switch source {
        case .snapshot: try inFlight.with([key], sharing: [source.key], body)
        case .volume: try inFlight.with([key, source.key], body)
        }
    }
}
