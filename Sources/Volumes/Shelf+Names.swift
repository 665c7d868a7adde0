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
            let seen = try store.volumes(names)
            note(seen.torn)
            found += seen.found.filter { $0.0.inlineTarget == nil }
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
            let seen = try store.snapshots(names)
            note(seen.torn)
            found += seen.found
            last = end
        }
        return found
    }

    /// Brings the books up to date with a pool whose folders changed underneath.
    func refresh() throws(VolumeFault) {
        for _ in 0..<Self.mostLooks {
            let (known, version) = books.withLock { ($0.stamp, $0.version) }
            let stamp = try store.stamp()
            if let known, known == stamp { return try lookAgainAtTorn() }
            if try rebuild(from: version, stamp) { return }
        }
        throw .operationPending("pool \(store.pool.name)")
    }

    /// Enters what is new and takes out what is gone; false if the books were changed by others meanwhile.
    private func rebuild(from version: Int, _ stamp: PoolStamp) throws(VolumeFault) -> Bool {
        let volumes = try store.names()
        // A growth changes no name: after one, the sizes of those that may have grown are read again.
        let mark = books.withLock { $0.growth }
        let grown = mark == stamp.growth ? [] : try store.grown(since: mark).map(Set.init)
        let snapshots = try store.snapshotNames()
        let groups = try store.groupNames()
        var version = version
        var changes: [TornChange] = []
        defer { tell(changes) }
        /// A part at a time, so that not all records are in memory at once.
        func step(_ body: (inout Books) -> [TornObject: Bool]) -> Bool {
            books.withLock { books in
                guard books.version == version else { return false }
                changes += body(&books).map { change($0.key, isMended: $0.value) }
                version = books.version
                return true
            }
        }
        guard step({ $0.retain(volumes, snapshots, groups) }) else { return false }
        for part in Self.parts(of: volumes.filter { grown?.contains($0) ?? true || mustBeRead(.volume($0)) })
        {
            let seen = try store.volumes(part)
            guard step({ $0.enter(seen) }) else { return false }
        }
        for part in Self.parts(of: snapshots.filter { mustBeRead(.snapshot($0)) }) {
            let seen = try store.snapshots(part)
            guard step({ $0.enter(seen) }) else { return false }
        }
        for part in Self.parts(of: groups.filter { mustBeRead(.group($0)) }) {
            let seen = try store.groups(part)
            guard step({ $0.enter(seen) }) else { return false }
        }
        return step { books in
            books.stamp = stamp
            books.growth = stamp.growth
            return [:]
        }
    }

    private func mustBeRead(_ key: ObjectKey) -> Bool {
        books.withLock { books in
            if books.torn[key] != nil { return true }
            if case .group(let name) = key { return !books.groups.contains(name) }
            return !books.names.contains(key)
        }
    }

    func holds(_ key: ObjectKey) -> Bool { books.withLock { $0.names.contains(key) } }

    private static func parts(of names: [VolumeName]) -> [ArraySlice<VolumeName>] {
        stride(from: 0, to: names.count, by: 256).map { names[$0..<min($0 + 256, names.count)] }
    }
}

extension Shelf.Books {
    func isGrowing(_ name: VolumeName) -> Bool {
        names.contains(.volume(name)) && ledger.isUnderWay(.volume(name))
    }

    /// How many folders hold all objects; a torn group may lack the member that stands for it among the names.
    private var folders: Int {
        torn.keys.reduce(names.folders) { count, key in
            if case .group(let name) = key, !names.contains(.snapshot(VolumeName(member: 0, of: name))) {
                return count + 1
            }
            return count
        }
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
        groups.insert(group.id.name)
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
        torn[key] = nil
        adopt(stamp)
    }

    /// Drops everything that is not among the names; tells which of it was torn.
    mutating func retain(
        _ volumes: [VolumeName], _ snapshots: [VolumeName], _ groups: [VolumeName]
    ) -> [TornObject: Bool] {
        let (volumes, snapshots, groups) = (Set(volumes), Set(snapshots), Set(groups))
        let before = torn
        for name in names.volumes where !volumes.contains(name) { leave(.volume(name), nil) }
        for name in names.snapshots where !snapshots.contains(name) { leave(.snapshot(name), nil) }
        for name in self.groups.subtracting(groups) {
            self.groups.remove(name)
            torn[.group(name)] = nil
        }
        guard !before.isEmpty else { return [:] }
        let gone = before.filter { torn[$0.key] == nil }
        return Dictionary(uniqueKeysWithValues: gone.values.map { ($0.object, true) })
    }

    /// After a change of our own the names are known still, if the folders hold as many as the books.
    ///
    /// On a shared pool that says little: while this node built one volume another may have made one and deleted one.
    private mutating func adopt(_ fresh: PoolStamp?) {
        guard !isShared, stamp != nil, let fresh, fresh.count == folders, fresh.growth == growth else {
            return
        }
        stamp = fresh
    }

    /// Sets the pressure; tells it if it changed.
    mutating func notice(_ space: PoolSpace) -> PoolStrain? {
        let now = ledger.pressure(in: space)
        guard now != pressure else { return nil }
        pressure = now
        return PoolStrain(
            pressure: now, space: space, exposure: ledger.exposure)
    }
}
