/// What a pool owes its objects; every answer about space comes from here, in constant time.
///
/// What counts is not what objects may come to occupy, but what of that is not allocated yet: the rest is missing from
/// the file system's free space already, beside what others wrote there. ARCHITECTURE.md, "Ledger", has the reasons.
package struct Ledger: Sendable {
    /// What a volume was promised and what of it is there.
    struct Line: Equatable, Sendable {
        var size: ByteCount
        /// The size, or for a thin volume its part by the overcommit ratio.
        var promise: ByteCount
        /// What the image occupied when it was last looked at.
        var held: ByteCount
        let lineage: VolumeName
    }

    /// The rules of the pool.
    package let policy: CapacityPolicy
    /// The sum of what volumes were promised.
    package private(set) var promised = ByteCount.zero
    /// What of the promises needs blocks that are not allocated.
    package private(set) var outstanding = ByteCount.zero
    /// The same with thin volumes at their full size.
    package private(set) var exposure = ByteCount.zero
    private var volumes: [VolumeName: Line] = [:]
    private var snapshots: [VolumeName: VolumeName?] = [:]
    /// What overwriting blocks may cost that torn snapshots hold.
    private var pins: [VolumeName: ByteCount] = [:]
    /// Those of more than one object.
    private var families: [VolumeName: LedgerFamily] = [:]
    /// By lineage, how many deleted objects share blocks still, because those were not given back yet.
    package private(set) var departing: [VolumeName: Int] = [:]
    private var building: [ObjectKey: ByteCount] = [:]
    private var underWay = ByteCount.zero
    /// What was free when nothing was being built; how far a creation has got with allocating is not known.
    private var freeAtRest = ByteCount.zero

    /// An empty ledger.
    package init(policy: CapacityPolicy) { self.policy = policy }

    /// How many volumes and snapshots are entered.
    package var count: Int { volumes.count + snapshots.count }

    /// Whether room is set aside for something that is being made or changed.
    func isUnderWay(_ key: ObjectKey) -> Bool { building[key] != nil }

    /// What can still be promised.
    package func available(in space: PoolSpace) -> ByteCount {
        let withheld = policy.withheld(in: space)
        let unpromised = space.total.minus(withheld).minus(promised).minus(underWay)
        return min(unpromised, free(in: space).minus(withheld).minus(outstanding))
    }

    /// What is missing for what is owed already.
    private func shortfall(in space: PoolSpace) -> ByteCount {
        (policy.withheld(in: space) + outstanding).minus(free(in: space))
    }

    private func free(in space: PoolSpace) -> ByteCount {
        building.isEmpty ? space.free : min(space.free, freeAtRest.minus(underWay))
    }

    /// How well the pool is off.
    package func pressure(in space: PoolSpace) -> PoolPressure {
        policy.pressure(in: space, exposure: exposure)
    }

    /// By how much thin volumes may still grow: without bound until the pool is critically full.
    package func exposable(in space: PoolSpace) -> ByteCount {
        policy.isCritical(space) ? space.free.minus(exposure) : ByteCount(known: .max)
    }

    /// Sets room aside for something that is being made, or sets aside more for it, if the pool can keep that.
    ///
    /// `exposing` is by how much it lets thin volumes grow.
    ///
    /// - Throws: `noSpace` with both numbers; the ledger is then as before.
    package mutating func begin(
        _ key: ObjectKey, costing cost: ByteCount, exposing: ByteCount = .zero, in space: PoolSpace
    ) throws(VolumeFault) {
        guard exposing == .zero || exposing <= exposable(in: space) else {
            throw .noSpace(
                "only \(space.free.bytes) bytes are free in the pool, and its thin volumes may still take "
                    + "\(exposure.bytes): it takes no more of them, nor snapshots of them")
        }
        let more = cost.minus(building[key] ?? .zero)
        let available = available(in: space)
        // Another snapshot of an overwritten volume adds nothing to what is owed, but uses up what was done of it.
        let shortfall = shortfall(in: space)
        guard more <= available, shortfall == .zero else {
            throw .noSpace(
                "\((more + shortfall).bytes) bytes are needed and \(available.bytes) bytes are available in the pool"
            )
        }
        if building.isEmpty { freeAtRest = space.free }
        building[key] = (building[key] ?? .zero) + more
        underWay = underWay + more
    }

    /// Gives back what was set aside, after failure or success; `allocated` is what was really taken.
    package mutating func end(_ key: ObjectKey, allocated: ByteCount = .zero) {
        guard let cost = building.removeValue(forKey: key) else { return }
        underWay = underWay.minus(cost)
        freeAtRest = freeAtRest.minus(allocated)
    }

    /// Enters a volume as it is, or as it is now; never refuses, because it exists.
    ///
    /// `lineage` is the volume that it descends from by copies that share blocks.
    package mutating func enter(
        volume name: VolumeName, _ size: ByteCount, _ provisioning: Provisioning, held: ByteCount,
        lineage: VolumeName? = nil
    ) {
        remove(volume: name)
        let line = Line(
            size: size, promise: policy.commitment(of: size, provisioning), held: held,
            lineage: lineage ?? name)
        changing(line.lineage) { $0.insert(line, name) }
        promised = promised + line.promise
    }

    /// Notes what a volume's image occupies now; one that is not entered is passed over.
    package mutating func observe(_ name: VolumeName, held: ByteCount) {
        guard let line = volumes[name], line.held != held else { return }
        changing(line.lineage) { ledger in
            var now = line
            now.held = held
            ledger.drop(line, name)
            ledger.insert(now, name)
        }
        freeAtRest = freeAtRest.minus(held.minus(line.held))
    }

    /// Enters a snapshot; one without a lineage shares no blocks.
    ///
    /// `pinning` is for one that does not tell its lineage: the most that overwriting blocks can cost that it holds.
    package mutating func enter(
        snapshot name: VolumeName, lineage: VolumeName?, pinning: ByteCount = .zero
    ) {
        remove(snapshot: name)
        if let lineage {
            changing(lineage) { $0.family(of: lineage) { $0.snapshots += 1 } }
        }
        snapshots[name] = .some(lineage)
        guard pinning > .zero else { return }
        pins[name] = pinning
        outstanding = outstanding + pinning
        exposure = exposure + pinning
    }

    /// What snapshots of those volumes add to what is owed, as promised and in full: the blocks that can then not be
    /// overwritten in place.
    package func cost(ofSharing names: [VolumeName]) -> (promised: ByteCount, full: ByteCount) {
        var promised = ByteCount.zero
        var full = ByteCount.zero
        for lineage in Set(names.compactMap { volumes[$0]?.lineage }) {
            let before = owed(lineage)
            let after = owed(lineage, isPinned: true)
            promised = promised + after.promised.minus(before.promised)
            full = full + after.full.minus(before.full)
        }
        return (promised, full)
    }

    /// What a volume's image occupied when it was last looked at.
    package func held(by name: VolumeName) -> ByteCount { volumes[name]?.held ?? .zero }

    /// Takes an object out; one that is not entered is no error.
    ///
    /// Its blocks are there until the pool has given them back, so until `settle` its family owes as before.
    package mutating func release(_ key: ObjectKey) {
        end(key)
        let lineage: VolumeName?
        switch key {
        case .volume(let name):
            lineage = volumes[name]?.lineage
            remove(volume: name)
        case .snapshot(let name):
            lineage = snapshots[name] ?? nil
            remove(snapshot: name)
        case .group:
            // Its members are entered one by one.
            return
        }
        guard let lineage, families[lineage] != nil || volumes[lineage] != nil else { return }
        changing(lineage) { $0.departing[lineage, default: 0] += 1 }
    }

    /// Forgets deleted objects whose blocks are given back.
    package mutating func settle(_ gone: [VolumeName: Int]) {
        for (lineage, count) in gone {
            changing(lineage) { ledger in
                let left = (ledger.departing[lineage] ?? 0) - count
                ledger.departing[lineage] = left > 0 ? left : nil
            }
        }
    }

    /// The lineage of an object, for what is copied from it.
    package func lineage(of source: ContentSource) -> VolumeName? {
        switch source {
        case .volume(let id): volumes[id.name]?.lineage
        case .snapshot(let id): snapshots[id.name] ?? nil
        }
    }

    /// What a volume may still need blocks for.
    package func owes(_ name: VolumeName) -> Bool {
        guard let line = volumes[name] else { return false }
        return line.held < line.size || isPinned(line.lineage)
    }
}

extension Ledger {
    private mutating func remove(volume name: VolumeName) {
        guard let line = volumes[name] else { return }
        changing(line.lineage) { $0.drop(line, name) }
        promised = promised.minus(line.promise)
    }

    private mutating func remove(snapshot name: VolumeName) {
        if let pinned = pins.removeValue(forKey: name) {
            outstanding = outstanding.minus(pinned)
            exposure = exposure.minus(pinned)
        }
        guard let entry = snapshots.removeValue(forKey: name), let lineage = entry else { return }
        changing(lineage) { $0.family(of: lineage) { $0.snapshots -= 1 } }
    }

    /// Puts a volume among its relatives.
    private mutating func insert(_ line: Line, _ name: VolumeName) {
        if line.lineage != name {
            family(of: line.lineage) { $0.add(line, isCopy: true) }
        } else if families[name] != nil {
            families[name]?.add(line, isCopy: false)
        }
        volumes[name] = line
    }

    private mutating func drop(_ line: Line, _ name: VolumeName) {
        volumes[name] = nil
        families[line.lineage]?.remove(line, isCopy: line.lineage != name)
    }

    /// Changes a family; one that is new begins with the volume that all descend from, if that is there.
    private mutating func family(of lineage: VolumeName, _ change: (inout LedgerFamily) -> Void) {
        if families[lineage] == nil {
            var family = LedgerFamily()
            if let root = volumes[lineage], root.lineage == lineage { family.add(root, isCopy: false) }
            families[lineage] = family
        }
        change(&families[lineage, default: LedgerFamily()])
    }

    /// Changes something about a family and brings the sums up to date.
    private mutating func changing(_ lineage: VolumeName, _ change: (inout Ledger) -> Void) {
        let before = owed(lineage)
        change(&self)
        if families[lineage]?.isEmpty == true { families[lineage] = nil }
        let after = owed(lineage)
        outstanding = outstanding.minus(before.promised) + after.promised
        exposure = exposure.minus(before.full) + after.full
    }

    /// What the volumes of a family may still need blocks for.
    private func owed(_ lineage: VolumeName, isPinned: Bool? = nil) -> Owed {
        let isPinned = isPinned ?? self.isPinned(lineage)
        if let family = families[lineage] { return family.owed(isPinned: isPinned) }
        guard let line = volumes[lineage], line.lineage == lineage else { return Owed() }
        guard !isPinned else { return Owed(promised: line.promise, full: line.size) }
        let owed = line.promise.minus(line.held)
        return Owed(promised: owed, full: line.size.minus(line.held))
    }

    /// True where blocks of a family may belong to something that is never written to.
    private func isPinned(_ lineage: VolumeName) -> Bool {
        families[lineage].map { $0.snapshots > 0 } ?? false || departing[lineage] != nil
    }
}

extension Ledger {
    /// Enters an object that cannot tell what it was promised: a volume as one whose image tells its size, a snapshot as
    /// one that shares all that it holds.
    ///
    /// LIMIT: a torn volume's relatives are not known, so blocks that it shares with them are not set aside again.
    package mutating func enter(_ torn: TornObject, sharesBlocks: Bool) {
        let seen = torn.footprint ?? ImageState(size: .zero, allocated: .zero)
        switch torn.key {
        case .volume(let name):
            enter(
                volume: name, seen.size, seen.allocated >= seen.size ? .thick : .thin, held: seen.allocated)
        case .snapshot(let name):
            enter(snapshot: name, lineage: nil, pinning: sharesBlocks ? seen.allocated : .zero)
        case .group:
            // What can be seen of its members is entered one by one.
            return
        }
    }
}
