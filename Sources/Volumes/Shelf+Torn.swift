import Synchronization

extension Shelf {
    /// A torn object in the books.
    struct TornEntry: Sendable {
        var object: TornObject
        /// True where it is accounted for by what its image shows, as nothing was known of it before.
        var isGuessed: Bool
    }

    /// The objects of the pool that cannot be served, as of the last look.
    var tornObjects: [TornObject] { books.withLock { $0.torn.values.map(\.object) } }

    /// The record of a volume; one that proves to be torn is noted.
    func volume(_ name: VolumeName) throws(VolumeFault) -> VolumeRecord? {
        try noting(.volume(name)) { () throws(VolumeFault) in try store.record(of: name) }
    }

    /// The record of a snapshot; one that proves to be torn is noted.
    func snapshot(_ name: VolumeName) throws(VolumeFault) -> SnapshotRecord? {
        try noting(.snapshot(name)) { () throws(VolumeFault) in try store.snapshot(of: name) }
    }

    /// The record of a group; one that proves to be torn is noted.
    func group(_ name: VolumeName) throws(VolumeFault) -> GroupRecord? {
        try noting(.group(name)) { () throws(VolumeFault) in try store.group(of: name) }
    }

    private func noting<Record>(
        _ key: ObjectKey, _ find: () throws(VolumeFault) -> Record
    ) throws(VolumeFault) -> Record {
        do {
            return try find()
        } catch {
            if case .setAside = error { sight(key) }
            throw error
        }
    }

    /// Looks once more at an object that a call found torn.
    private func sight(_ key: ObjectKey) {
        do throws(VolumeFault) {
            switch key {
            case .volume(let name): note(try store.volumes([name]).torn)
            case .snapshot(let name): note(try store.snapshots([name]).torn)
            case .group(let name): note(try store.groups([name]).torn)
            }
        } catch {
            // The call fails for its own reason; the next look at the pool tells of this one.
        }
    }

    /// Notes objects that were found torn, each once.
    func note(_ objects: [TornObject]) {
        guard !objects.isEmpty else { return }
        let changed = books.withLock { books in objects.filter { books.enter($0) } }
        tell(changed.map { change($0, isMended: false) })
    }

    /// Sees whether somebody mended what was torn, which changes no name.
    func lookAgainAtTorn() throws(VolumeFault) {
        let (keys, version) = books.withLock { (Array($0.torn.keys), $0.version) }
        guard !keys.isEmpty else { return }
        let volumes = try store.volumes(keys.compactMap(\.volume)[...])
        let snapshots = try store.snapshots(keys.compactMap(\.snapshot)[...])
        let groups = try store.groups(keys.compactMap(\.group)[...])
        let changes: [TornObject: Bool] = books.withLock { books in
            // What happened meanwhile is seen with the next look.
            guard books.version == version else { return [:] }
            var changes = books.enter(volumes)
            changes.merge(books.enter(snapshots)) { $1 }
            changes.merge(books.enter(groups)) { $1 }
            return changes
        }
        tell(changes.map { change($0.key, isMended: $0.value) })
    }

    func change(_ object: TornObject, isMended: Bool) -> TornChange {
        TornChange(pool: store.pool.name, object: object, isMended: isMended)
    }

    /// Tells of changes, outside of all locks.
    func tell(_ changes: [TornChange]) {
        for change in changes { onTorn(change) }
    }
}

extension Shelf.Books {
    /// Enters volumes as they were found; tells of those whose state changed, true for mended ones.
    mutating func enter(_ seen: Sighting<(VolumeRecord, ImageState?)>) -> [TornObject: Bool] {
        var changes: [TornObject: Bool] = [:]
        // One that this node is just growing is entered when it has grown.
        for (record, image) in seen.found where !isGrowing(record.id.name) {
            mend(.volume(record.id.name), &changes)
            enter(record, held: image?.allocated ?? .zero, nil)
        }
        for object in seen.torn where enter(object) { changes[object] = false }
        return changes
    }

    /// The same for snapshots.
    mutating func enter(_ seen: Sighting<SnapshotRecord>) -> [TornObject: Bool] {
        var changes: [TornObject: Bool] = [:]
        for record in seen.found {
            mend(.snapshot(record.id.name), &changes)
            enter(record, nil)
        }
        for object in seen.torn where enter(object) { changes[object] = false }
        return changes
    }

    /// The same for groups, whose members are entered as snapshots.
    mutating func enter(_ seen: Sighting<VolumeName>) -> [TornObject: Bool] {
        var changes: [TornObject: Bool] = [:]
        for name in seen.found {
            mend(.group(name), &changes)
            groups.insert(name)
        }
        for object in seen.torn where enter(object) { changes[object] = false }
        return changes
    }

    /// Enters a torn object; true if it was not known as such.
    ///
    /// What was entered when it was whole stays as it is: that is what was promised.
    mutating func enter(_ object: TornObject) -> Bool {
        let before = torn[object.key]
        let isGuessed = before?.isGuessed ?? !names.contains(object.key)
        torn[object.key] = Shelf.TornEntry(object: object, isGuessed: isGuessed)
        if isGuessed, before?.object.footprint != object.footprint || before == nil {
            let sharesBlocks = sharesBlocks
            change { $0.enter(object, sharesBlocks: sharesBlocks) }
        }
        switch object.key {
        case .volume(let name): names.insert(volume: name)
        case .snapshot(let name): if !names.contains(object.key) { names.insert(snapshot: name, of: nil) }
        case .group(let name): groups.insert(name)
        }
        return before == nil
    }

    private mutating func mend(_ key: ObjectKey, _ changes: inout [TornObject: Bool]) {
        guard let entry = torn.removeValue(forKey: key) else { return }
        changes[entry.object] = true
    }
}

extension ObjectKey {
    fileprivate var volume: VolumeName? { if case .volume(let name) = self { name } else { nil } }
    fileprivate var snapshot: VolumeName? { if case .snapshot(let name) = self { name } else { nil } }
    fileprivate var group: VolumeName? { if case .group(let name) = self { name } else { nil } }
}

extension Catalog {
    /// The objects of a pool that cannot be served, as of the last look; none where the pool is not here.
    package func tornObjects(inPool id: PoolID) -> [TornObject] {
        shelf(of: id)?.tornObjects.sorted { "\($0.key)" < "\($1.key)" } ?? []
    }

    /// Notes objects that a look from elsewhere found torn.
    package func note(_ torn: [TornObject], inPool id: PoolID) { shelf(of: id)?.note(torn) }
}
