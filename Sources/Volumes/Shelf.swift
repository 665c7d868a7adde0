import Synchronization

/// How well a pool is off at one moment.
package struct PoolStrain: Equatable, Sendable {
    /// How near it is to what its thin volumes cannot stand.
    package let pressure: PoolPressure
    /// What is free, and how large the pool is.
    package let space: PoolSpace
    /// What its volumes may still take.
    package let exposure: ByteCount
}

/// A pool's pressure that is not what it was.
package struct PoolPressureChange: Equatable, Sendable {
    /// The pool.
    package let pool: PoolName
    /// How it is now.
    package let strain: PoolStrain
}

/// A store with its books, which change together: what was promised, and what there is.
final class Shelf: Sendable {
    struct Books: Sendable {
        /// Counts the changes, so that a look at the disk from before one is not mistaken for one from after it.
        var version = 0
        private(set) var ledger: Ledger
        var inline = InlineSum()
        let sharesBlocks: Bool
        let isShared: Bool
        var names = NameIndex()
        /// Objects that cannot be served; they are among the names.
        var torn: [ObjectKey: TornEntry] = [:]
        /// Groups that were looked at.
        var groups: Set<VolumeName> = []
        /// The state of the folders that the names are of; nothing where that is not known.
        var stamp: PoolStamp?
        /// The growths that the sizes are from.
        var growth: String?
        var pressure = PoolPressure.none

        init(_ ledger: Ledger, _ pool: PoolDescription) {
            self.ledger = ledger
            sharesBlocks = pool.sharesBlocks
            isShared = pool.isShared
        }

        mutating func change<Result>(
            _ body: (inout Ledger) throws(VolumeFault) -> Result
        ) throws(VolumeFault) -> Result {
            version &+= 1
            return try body(&ledger)
        }

        mutating func change(_ body: (inout Ledger) -> Void) {
            version &+= 1
            body(&ledger)
        }
    }

    /// No sample of the disk was ever spoilt so often in a row by other operations.
    static let mostLooks = 1000

    let store: any VolumeStore
    private let policy: CapacityPolicy
    private let onPressure: @Sendable (PoolPressureChange) -> Void
    let onTorn: @Sendable (TornChange) -> Void
    let books: Mutex<Books>

    init(
        store: any VolumeStore, policy: CapacityPolicy,
        onPressure: @escaping @Sendable (PoolPressureChange) -> Void,
        onTorn: @escaping @Sendable (TornChange) -> Void
    ) throws(VolumeFault) {
        self.store = store
        self.policy = policy
        self.onPressure = onPressure
        self.onTorn = onTorn
        books = Mutex(Books(Ledger(policy: policy), store.pool))
        try refresh()
    }

    /// Sets aside what a volume costs that is to be made.
    func begin(_ record: VolumeRecord) throws(VolumeFault) {
        let cost = policy.commitment(of: record.size, record.provisioning)
        try begin(
            .volume(record.id.name), exposing: record.provisioning == .thin ? record.size : .zero,
            inline: record.inlineTarget == nil ? nil : (record.id.name, record.size)
        ) { _ in cost }
    }

    /// Sets aside what the growth of a volume costs.
    func begin(_ record: VolumeRecord, growingTo size: ByteCount) throws(VolumeFault) {
        let cost = policy.commitment(of: size, record.provisioning)
            .minus(policy.commitment(of: record.size, record.provisioning))
        let more = size.minus(record.size)
        try begin(.volume(record.id.name), exposing: record.provisioning == .thin ? more : .zero) { _ in
            cost
        }
    }

    /// Sets aside what snapshots of those volumes cost, or sets aside more if their images have grown since.
    ///
    /// `mayWait` is false while the volumes are frozen.
    func begin(
        _ key: ObjectKey, of volumes: [VolumeRecord], mayWait: Bool = true
    ) throws(VolumeFault) {
        var copied = ByteCount.zero
        for volume in volumes {
            guard let image = try store.image(of: volume.id.name) else { continue }
            _ = notice(image, of: volume.id.name)
            copied = copied + (volume.provisioning == .thick ? volume.size : image.allocated)
        }
        guard store.pool.sharesBlocks else {
            let cost = copied
            return try begin(key, exposing: .zero, mayWait: mayWait) { _ in cost }
        }
        let thin = volumes.filter { $0.provisioning == .thin }.map(\.id.name)
        let exposing = books.withLock { $0.ledger.cost(ofSharing: thin).full }
        try begin(key, exposing: exposing, mayWait: mayWait) { ledger in
            ledger.cost(ofSharing: volumes.map(\.id.name)).promised
        }
    }

    private func begin(
        _ key: ObjectKey, exposing: ByteCount, inline: (name: VolumeName, size: ByteCount)? = nil,
        mayWait: Bool = true, costing cost: (Ledger) -> ByteCount
    ) throws(VolumeFault) {
        func attempt() throws(VolumeFault) {
            try withSpace(countingAll: mayWait) { (books, space) throws(VolumeFault) in
                let cost = cost(books.ledger)
                if let inline {
                    try books.inline.admit(
                        inline.size, within: policy.inlineLimit(of: space.total), of: store.pool.name)
                }
                try books.change { (ledger) throws(VolumeFault) in
                    try ledger.begin(key, costing: cost, exposing: exposing, in: space)
                }
                if let inline { books.inline.enter(inline.name, inline.size) }
            }
        }
        do {
            try attempt()
        } catch .noSpace(let why) {
            // What is in the way may be the trash.
            guard mayWait, try store.reclaim() else { throw .noSpace(why) }
            try attempt()
        }
    }

    /// Enters a volume that was made or has grown, in the place of what was set aside for that.
    func finish(_ record: VolumeRecord) {
        let held = held(by: record)
        let stamp = freshStamp()
        books.withLock { $0.enter(record, held: held, stamp) }
    }

    /// Enters a snapshot that was cut, in the place of what was set aside for it.
    func finish(_ record: SnapshotRecord) {
        let stamp = freshStamp()
        books.withLock { $0.enter(record, stamp) }
    }

    /// Enters the members of a group that was cut, in the place of what was set aside for it.
    func finish(_ group: GroupRecord) {
        let stamp = freshStamp()
        books.withLock { $0.enter(group, stamp) }
    }

    /// Gives up what was set aside, unless the failure came after the object was there: what is there is accounted for.
    func abandon(_ key: ObjectKey) {
        do {
            switch key {
            case .volume(let name):
                if let (record, _) = try store.volumes([name]).found.first { return finish(record) }
            case .snapshot(let name):
                if let record = try store.snapshots([name]).found.first { return finish(record) }
            case .group(let name):
                if let record = try store.group(of: name) { return finish(record) }
            }
            books.withLock { $0.giveUp(key) }
        } catch {
            // Whether it is there shows when the pool can be read again.
            books.withLock { books in
                books.giveUp(key)
                books.stamp = nil
            }
        }
    }

    /// Takes an object out that was removed.
    func release(_ key: ObjectKey) {
        let stamp = freshStamp()
        books.withLock { $0.leave(key, stamp) }
    }

    /// Takes out the members of a group that was removed.
    func release(_ group: GroupRecord) {
        let stamp = freshStamp()
        books.withLock { books in
            books.groups.remove(group.id.name)
            for member in group.members { books.leave(.snapshot(member.id.name), stamp) }
        }
    }

    /// Notes what the image of a volume occupies now; true if it may still need blocks.
    func notice(_ image: ImageState, of name: VolumeName) -> Bool {
        books.withLock { books in
            if books.ledger.held(by: name) != image.allocated {
                books.change { $0.observe(name, held: image.allocated) }
            }
            return books.ledger.owes(name)
        }
    }

    /// The lineage of what is copied from that source; nothing where copies share no blocks.
    func lineage(of source: ContentSource) -> VolumeName? {
        guard store.pool.sharesBlocks else { return nil }
        return books.withLock { $0.ledger.lineage(of: source) }
    }

    /// What `find` finds; a pool that cannot be reached hinders only those whose object it holds.
    ///
    /// Where the object is not likely to be in this pool the books are asked, and the disk, which may hang, is left alone.
    func ifReachable<Record>(
        _ key: ObjectKey, isLikely: Bool, _ find: (any VolumeStore) throws(VolumeFault) -> Record?
    ) throws(VolumeFault) -> Record? {
        // Of a shared pool the books may be old.
        guard isLikely || store.pool.isShared || holds(key) else { return nil }
        do {
            return try find(store)
        } catch {
            if isLikely { guard case .notNow = error else { throw error } }
            guard error.isOfPool, !holds(key) else { throw error }
            return nil
        }
    }

    /// Learns what others did to the pool, before anything is promised: other nodes, a driver that runs beside this one
    /// for the time of an upgrade, or a person who mended what was torn.
    func catchUp() throws(VolumeFault) { try refresh() }

    /// The largest volume that `begin` would accept now.
    func largest(_ provisioning: Provisioning) throws(VolumeFault) -> ByteCount {
        try catchUp()
        return try withSpace(countingAll: true) { (books, space) in
            let largest = policy.largest(provisioning, in: books.ledger.available(in: space))
            return provisioning == .thin ? min(largest, books.ledger.exposable(in: space)) : largest
        }
    }

    /// How well the pool is off now.
    func strain() throws(VolumeFault) -> PoolStrain {
        try catchUp()
        return try withSpace(countingAll: false) { (books, space) in
            PoolStrain(
                pressure: books.ledger.pressure(in: space), space: space, exposure: books.ledger.exposure)
        }
    }
}

extension Shelf {
    /// Runs `body` on the ledger and on what was free when the ledger was as it is.
    private func withSpace<Result: Sendable>(
        countingAll: Bool,
        _ body: (inout Books, PoolSpace) throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try settle()
        for _ in 0..<Self.mostLooks {
            let version = books.withLock { $0.version }
            if countingAll { try store.countAll() }
            let space = try store.space()
            let change = books.withLock { $0.version == version ? $0.notice(space) : nil }
            if let strain = change { onPressure(PoolPressureChange(pool: store.pool.name, strain: strain)) }
            let result = try books.withLock { (books) throws(VolumeFault) -> Result? in
                books.version == version ? try body(&books, space) : nil
            }
            if let result { return result }
        }
        throw .operationPending("pool \(store.pool.name)")
    }

    /// Forgets deleted objects whose blocks the pool has given back.
    private func settle() throws(VolumeFault) {
        let departing = books.withLock { $0.ledger.departing }
        guard !departing.isEmpty, try !store.hasTrash() else { return }
        books.withLock { $0.change { $0.settle(departing) } }
    }

    private func held(by record: VolumeRecord) -> ByteCount {
        do {
            if let image = try store.image(of: record.id.name) { return image.allocated }
        } catch {
            // The next look at the volume tells; until then what the kind of volume says must do.
        }
        return record.provisioning == .thick ? record.size : .zero
    }

    private func freshStamp() -> PoolStamp? {
        do {
            return try store.stamp()
        } catch {
            // Nothing is lost: the next list looks at all names.
            return nil
        }
    }
}
