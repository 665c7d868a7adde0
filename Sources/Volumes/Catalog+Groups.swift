import Text

extension Catalog {
    /// Cuts the snapshots of a group at one moment, or finds the group that an earlier, equal request cut.
    ///
    /// - Throws: `existsDifferently` for other sources, `missing` for a source that does not exist, `notNow` for sources
    ///   that cannot be cut together, `noSpace`, `operationPending`, `host`; nothing is left behind then.
    package func cut(_ request: GroupRequest) throws(VolumeFault) -> GroupRecord {
        let name = VolumeName(for: request.name, sha256Hex: sha256Hex)
        // One that is there already needs its sources no more, which may be gone or busy.
        if let existing = try inFlight.withExclusive(
            .group(name),
            { () throws(VolumeFault) in
                try existingGroup(name, request)
            })
        {
            return existing
        }
        let keys = request.sources.map { ObjectKey.volume($0.name) }
        return try inFlight.with([.group(name)] + keys) { () throws(VolumeFault) in
            if let existing = try existingGroup(name, request) { return existing }
            do throws(VolumeFault) {
                return try cutNow(name, request)
            } catch .existsDifferently {
                // The driver of another node cut one of that name meanwhile.
                if let existing = try existingGroup(name, request) { return existing }
                throw .operationPending("group '\(request.name.cut(bytes: 128))'")
            }
        }
    }

    private func existingGroup(_ name: VolumeName, _ request: GroupRequest) throws(VolumeFault)
        -> GroupRecord?
    {
        for shelf in shelves {
            let isLikely = request.sources.contains { $0.pool == shelf.store.pool.id }
            let found = try shelf.ifReachable(.group(name), isLikely: isLikely) {
                (_) throws(VolumeFault) in
                try shelf.group(name)
            }
            guard let record = found else { continue }
            guard Set(record.members.map(\.source)) == Set(request.sources),
                record.requestedName == request.name
            else {
                throw .existsDifferently(
                    what: "group '\(request.name.cut(bytes: 128))'", why: "it was cut from other volumes")
            }
            try shelf.store.settle(.group(name))
            return record
        }
        return nil
    }

    private func cutNow(_ name: VolumeName, _ request: GroupRequest) throws(VolumeFault) -> GroupRecord {
        let (shelf, volumes) = try together(request.sources)
        try shelf.catchUp()
        let id = GroupID(pool: shelf.store.pool.id, name: name)
        let cut = moment()
        var members: [SnapshotRecord] = []
        for (index, volume) in volumes.enumerated() {
            let member = SnapshotID(pool: id.pool, name: VolumeName(member: index, of: name))
            members.append(try record(of: volume, as: member, request.name, cut: cut))
        }
        let group = GroupRecord(id: id, requestedName: request.name, members: members, cut: cut)
        try shelf.store.check()
        try shelf.begin(.group(name), of: volumes)
        do {
            try shelf.store.cut(group) { (seconds, copying) throws(VolumeFault) in
                try quieter.quieten(group: volumes, expectedSeconds: seconds) {
                    (holds) throws(VolumeFault) in
                    try shelf.begin(.group(name), of: volumes, mayWait: false)
                    try copying(holds)
                }
            }
        } catch {
            shelf.abandon(.group(name))
            throw error
        }
        shelf.finish(group)
        return group
    }

    /// The records of volumes that can be cut together, and the one pool that they are in.
    private func together(_ ids: [VolumeID]) throws(VolumeFault) -> (Shelf, [VolumeRecord]) {
        var volumes: [VolumeRecord] = []
        for id in ids where shelf(of: id.pool) != nil { volumes.append(try volume(id)) }
        for id in ids where try served(id.pool) == nil {
            throw .notNow(
                "volume \(id) lives in pool \(id.pool), which is not on this node; volumes of one group must be on one node"
            )
        }
        guard let first = ids.first, let shelf = shelf(of: first.pool) else {
            throw .malformed(field: "source_volume_ids", why: "at least one is required")
        }
        // LIMIT: two pools are two file systems, on which nothing can appear in one step, so half a group could be seen.
        if let other = ids.first(where: { $0.pool != first.pool }) {
            throw .notNow(
                "volumes \(first) and \(other) are in different pools; a group is one folder of one pool, so that it appears "
                    + "and disappears as a whole; cut a group for each pool")
        }
        return (shelf, volumes)
    }

    /// Makes the group disappear with its snapshots; one that no pool of this process knows is gone already.
    ///
    /// - Throws: `malformed` if `snapshotIDs` are not exactly its members, `notNow` if its pool is not here,
    ///   `operationPending` while one of them is being restored, `host`.
    package func delete(_ id: GroupID, snapshotIDs: [String]) throws(VolumeFault) {
        guard let shelf = try served(id.pool) else {
            throw .notNow("group \(id) lives in pool \(id.pool), which is not on this node")
        }
        let found = try inFlight.withExclusive(.group(id.name)) { () throws(VolumeFault) in
            try shelf.group(id.name)
        }
        guard let found else { return try shelf.store.settle(.group(id.name)) }
        try found.expect(snapshotIDs)
        let members = found.members.map { ObjectKey.snapshot($0.id.name) }
        try inFlight.with([.group(id.name)] + members) { () throws(VolumeFault) in
            // A group never changes, but it may be gone by now, and another one may have its name.
            guard let group = try shelf.group(id.name) else { return try shelf.store.settle(.group(id.name)) }
            guard group == found else { throw .operationPending("group \(id)") }
            try shelf.store.removeGroup(id.name)
            shelf.release(group)
        }
    }

    /// The record of a group.
    ///
    /// - Throws: `missing` if no pool of this process holds it, `malformed` if `snapshotIDs` are not exactly its members.
    package func group(_ id: GroupID, snapshotIDs: [String]) throws(VolumeFault) -> GroupRecord {
        guard let shelf = try served(id.pool), let group = try shelf.group(id.name) else {
            throw .missing("group \(id)")
        }
        try group.expect(snapshotIDs)
        return group
    }
}
