import Text

/// A request to cut a snapshot, checked and in the terms of the domain.
package struct SnapshotRequest: Sendable {
    /// The name that the caller chose.
    package let name: String
    /// The volume to cut it from.
    package let source: VolumeID
    /// In which state a mounted volume is copied.
    package let consistency: Consistency

    /// Puts a request together.
    package init(name: String, source: VolumeID, consistency: Consistency) {
        self.name = name
        self.source = source
        self.consistency = consistency
    }
}

/// One page of a list of snapshots.
package struct SnapshotPage: Sendable {
    /// The snapshots, ordered by handle.
    package let snapshots: [SnapshotRecord]
    /// Where the next page starts; nothing after the last one.
    package let next: ListToken?
}

extension Catalog {
    /// Cuts the snapshot, or finds the one that an earlier, equal request cut.
    ///
    /// - Throws: `existsDifferently` for another source, `missing` for a source that is not here, `noSpace`,
    ///   `notNow`, `operationPending`, `host`; nothing is left behind then.
    package func cut(_ request: SnapshotRequest) throws(VolumeFault) -> SnapshotRecord {
        let name = VolumeName(for: request.name, sha256Hex: sha256Hex)
        // One that is there already needs its source no more, which may be gone or busy.
        if let existing = try inFlight.withExclusive(
            .snapshot(name),
            { () throws(VolumeFault) in
                try existingSnapshot(name, request)
            })
        {
            return existing
        }
        let keys = [ObjectKey.snapshot(name), .volume(request.source.name)]
        return try inFlight.with(keys) { () throws(VolumeFault) in
            if let existing = try existingSnapshot(name, request) { return existing }
            do throws(VolumeFault) {
                return try cutNow(name, request)
            } catch .existsDifferently {
                // The driver of another node cut one of that name meanwhile.
                if let existing = try existingSnapshot(name, request) { return existing }
                throw .operationPending("snapshot '\(request.name.cut(bytes: 128))'")
            }
        }
    }

    private func existingSnapshot(
        _ name: VolumeName, _ request: SnapshotRequest
    ) throws(VolumeFault) -> SnapshotRecord? {
        for shelf in shelves {
            let isLikely = shelf.store.pool.id == request.source.pool
            let found = try shelf.ifReachable(.snapshot(name), isLikely: isLikely) {
                (_) throws(VolumeFault) in
                try shelf.snapshot(name)
            }
            guard let record = found else { continue }
            guard record.source == request.source, record.requestedName.isSame(as: request.name) else {
                throw .existsDifferently(
                    what: "snapshot '\(request.name.cut(bytes: 128))'",
                    why: "it was cut from \(record.source)")
            }
            try shelf.store.settle(.snapshot(name))
            return record
        }
        return nil
    }

    private func cutNow(_ name: VolumeName, _ request: SnapshotRequest) throws(VolumeFault) -> SnapshotRecord
    {
        guard try served(request.source.pool) != nil else {
            // Whether it exists cannot be told from here, so this is not NOT_FOUND.
            throw .notNow(
                "volume \(request.source) lives in pool \(request.source.pool), which is not on this node; "
                    + "snapshots are cut where the volume is")
        }
        let volume = try volume(request.source)
        let id = SnapshotID(pool: volume.id.pool, name: name)
        guard let shelf = shelf(of: id.pool) else { throw .missing("volume \(volume.id)") }
        try shelf.catchUp()
        let record = try record(of: volume, as: id, request.name, cut: moment())
        try shelf.store.check()
        try shelf.begin(.snapshot(name), of: [volume])
        let written: SnapshotRecord
        do {
            written = try shelf.store.cut(record) { (seconds, copying) throws(VolumeFault) in
                try quieter.quieten(volume, request.consistency, expectedSeconds: seconds) {
                    (holds) throws(VolumeFault) in
                    // What was flushed just now may have made the image larger than it was at the first look.
                    try shelf.begin(.snapshot(name), of: [volume], mayWait: false)
                    try copying(holds)
                }
            }
        } catch {
            shelf.abandon(.snapshot(name))
            throw error
        }
        shelf.finish(written)
        return written
    }

    /// What is to be remembered of a snapshot of the volume as it is now.
    func record(
        of volume: VolumeRecord, as id: SnapshotID, _ requestedName: String, cut: Moment
    ) throws(VolumeFault) -> SnapshotRecord {
        guard let image = try image(of: volume.id) else {
            throw .withoutImage("volume \(volume.id)")
        }
        return SnapshotRecord(
            id: id, requestedName: requestedName, source: volume.id, size: volume.size, kind: volume.kind,
            provisioning: volume.provisioning, sectorBytes: volume.sectorBytes,
            commitment: volume.provisioning == .thick ? volume.size : image.allocated, cut: cut,
            lineage: shelf(of: id.pool)?.lineage(of: .volume(volume.id)))
    }

    /// Makes the snapshot disappear; one that no pool of this process knows is gone already.
    ///
    /// - Throws: `malformed` for a member of a group, which goes with its group, `notNow` if its pool is not here,
    ///   `operationPending`, `host`.
    package func delete(_ id: SnapshotID) throws(VolumeFault) {
        guard let shelf = try served(id.pool) else {
            throw .notNow("snapshot \(id) lives in pool \(id.pool), which is not on this node")
        }
        try inFlight.withExclusive(.snapshot(id.name)) { () throws(VolumeFault) in
            if let group = id.group {
                // CSI 1.x, DeleteSnapshot: a snapshot of a group is deleted with the group only.
                guard try shelf.snapshot(id.name) != nil else {
                    return try shelf.store.settle(.snapshot(id.name))
                }
                throw .malformed(
                    field: "snapshot_id", why: "it is a member of group \(group), which is deleted as a whole"
                )
            }
            try shelf.store.removeSnapshot(id.name)
            shelf.release(.snapshot(id.name))
        }
    }

    /// The record of a snapshot.
    ///
    /// - Throws: `missing` if no pool of this process holds it.
    package func snapshot(_ id: SnapshotID) throws(VolumeFault) -> SnapshotRecord {
        guard let shelf = try served(id.pool), let record = try shelf.snapshot(id.name) else {
            throw .missing("snapshot \(id)")
        }
        return record
    }

    /// Lists snapshots in the order of their handles, from where the last page ended.
    ///
    /// `source` leaves out those of other volumes.
    package func listSnapshots(
        of source: VolumeID?, after: ListToken?, limit: Int?
    ) throws(VolumeFault) -> SnapshotPage {
        try page(after: after, limit: limit, of: source?.pool) {
            (shelf, name, room) throws(VolumeFault) in
            try shelf.snapshots(of: source?.name, after: name, limit: room)
        } cut: { (snapshots, isLast) in
            SnapshotPage(
                snapshots: snapshots,
                next: isLast ? nil : (snapshots.last?.id).map { ListToken(pool: $0.pool, after: $0.name) })
        }
    }
}
