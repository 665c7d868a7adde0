import Synchronization

extension Shelf {
    /// A page of volumes with their images, without inline ones.
    func volumes(
        after name: VolumeName?, limit: Int
    ) throws(VolumeFault) -> [(VolumeRecord, ImageState?)] {
        try refresh()
        var found: [(VolumeRecord, ImageState?)] = []
        var last = name
        while found.count < limit {
            let (after, room) = (last, limit - found.count)
            let names = books.withLock { $0.names.volumes(after: after, limit: room) }
            guard let end = names.last else { break }
            found += try store.volumes(names).filter { $0.0.inlineTarget == nil }
            last = end
        }
        return found
    }

    /// A page of snapshots, of one volume or of all.
    func snapshots(
        of source: VolumeName?, after name: VolumeName?, limit: Int
    ) throws(VolumeFault) -> [SnapshotRecord] {
        try refresh()
        var found: [SnapshotRecord] = []
        var last = name
        while found.count < limit {
            let (after, room) = (last, limit - found.count)
            let names = books.withLock { $0.names.snapshots(of: source, after: after, limit: room) }
            guard let end = names.last else { break }
            found += try store.snapshots(names)
            last = end
        }
        return found
    }

    /// Brings the books up to date with a pool whose folders changed underneath.
    func refresh() throws(VolumeFault) {
        for _ in 0..<Self.mostLooks {
            let (known, version) = books.withLock { ($0.stamp, $0.version) }
            let stamp = try store.stamp()
            if let known, known == stamp { return }
            if try rebuild(from: version, stamp) { return }
        }
        throw .operationPending("pool \(store.pool.name)")
    }

    /// Enters what is new and takes out what is gone; false if the books were changed by others meanwhile.
    private func rebuild(from version: Int, _ stamp: PoolStamp) throws(VolumeFault) -> Bool {
        let volumes = try store.names()
        // A growth changes no name: after one, all sizes are read again.
        let hasGrown = books.withLock { $0.growth != stamp.growth }
        let snapshots = try store.snapshotNames()
        var version = version
        /// A part at a time, so that not all records are in memory at once.
        func step(_ body: (inout Books) -> Void) -> Bool {
            books.withLock { books in
                guard books.version == version else { return false }
                body(&books)
                version = books.version
                return true
            }
        }
        guard step({ $0.retain(volumes, snapshots) }) else { return false }
        for part in Self.parts(of: volumes.filter { hasGrown || !holds(.volume($0)) }) {
            let found = try store.volumes(part)
            let isDone = step { books in
                // One that this node is just growing is entered when it has grown.
                for (record, image) in found where !books.isGrowing(record.id.name) {
                    books.enter(record, held: image?.allocated ?? .zero, nil)
                }
            }
            guard isDone else { return false }
        }
        for part in Self.parts(of: snapshots.filter { !holds(.snapshot($0)) }) {
            let found = try store.snapshots(part)
            guard step({ books in for record in found { books.enter(record, nil) } }) else { return false }
        }
        return step { books in
            books.stamp = stamp
            books.growth = stamp.growth
        }
    }

    func holds(_ key: ObjectKey) -> Bool { books.withLock { $0.names.contains(key) } }

    private static func parts(of names: [VolumeName]) -> [ArraySlice<VolumeName>] {
        stride(from: 0, to: names.count, by: 256).map { names[$0..<min($0 + 256, names.count)] }
    }
}

extension Shelf.Books {
    fileprivate func isGrowing(_ name: VolumeName) -> Bool {
        names.contains(.volume(name)) && ledger.isUnderWay(.volume(name))
    }

    /// Enters a volume; `stamp` is of the folders after it came.
    mutating func enter(_ record: VolumeRecord, held: ByteCount, _ stamp: PoolStamp?) {
        let name = record.id.name
        if record.inlineTarget != nil { inline.enter(name, record.size) }
        change { ledger in
            ledger.end(.volume(name), allocated: held.minus(ledger.held(by: name)))
            ledger.enter(volume: name, record.size, record.provisioning, held: held, lineage: record.lineage)
        }
        names.insert(volume: name)
        adopt(stamp)
    }

    mutating func enter(_ record: SnapshotRecord, _ stamp: PoolStamp?) {
        let name = record.id.name
        let source = record.source
        let lineage =
            sharesBlocks ? record.lineage ?? ledger.lineage(of: .volume(source)) ?? source.name : nil
        change { ledger in
            ledger.end(.snapshot(name), allocated: lineage == nil ? record.commitment : .zero)
            ledger.enter(snapshot: name, lineage: lineage)
        }
        names.insert(snapshot: name, of: record.source.name)
        adopt(stamp)
    }

    mutating func enter(_ group: GroupRecord, _ stamp: PoolStamp?) {
        let copied = sharesBlocks ? .zero : group.commitment
        change { $0.end(.group(group.id.name), allocated: copied) }
        for member in group.members { enter(member, stamp) }
    }

    /// Gives up what was set aside for something that was not made.
    mutating func giveUp(_ key: ObjectKey) {
        if case .volume(let name) = key { inline.leave(name) }
        change { $0.end(key) }
    }

    mutating func leave(_ key: ObjectKey, _ stamp: PoolStamp?) {
        if case .volume(let name) = key { inline.leave(name) }
        change { $0.release(key) }
        names.remove(key)
        adopt(stamp)
    }

    /// Drops everything that is not among the names.
    mutating func retain(_ volumes: [VolumeName], _ snapshots: [VolumeName]) {
        let (volumes, snapshots) = (Set(volumes), Set(snapshots))
        for name in names.volumes where !volumes.contains(name) { leave(.volume(name), nil) }
        for name in names.snapshots where !snapshots.contains(name) { leave(.snapshot(name), nil) }
    }

    /// After a change of our own the names are known still, if the folders hold as many as the books.
    ///
    /// On a shared pool that says little: while this node built one volume another may have made one and deleted one.
    private mutating func adopt(_ fresh: PoolStamp?) {
        guard !isShared, stamp != nil, let fresh, fresh.count == names.folders else { return }
        stamp = fresh
    }

    /// Sets the pressure; tells it if it changed.
    mutating func notice(_ space: PoolSpace) -> PoolStrain? {
        let now = ledger.pressure(in: space)
        guard now != pressure else { return nil }
        pressure = now
        return PoolStrain(pressure: now, space: space, exposure: ledger.exposure)
    }
}
