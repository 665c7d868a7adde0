import Synchronization
package import Volumes

/// A pool in memory: records, images with their locks, and blocks that deleted images still occupy.
package final class FakeStore: VolumeStore {
    /// An image and who holds it.
    struct Image: Equatable, Sendable {
        var identity: Int
        var size: ByteCount
        var allocated: ByteCount
        var writers = 0
        var readers = 0
    }

    struct State: Equatable, Sendable {
        var records: [VolumeName: VolumeRecord] = [:] {
            didSet { if Set(records.keys) != Set(oldValue.keys) { changes += 1 } }
        }
        var images: [VolumeName: Image] = [:]
        /// Those that are in no group.
        var snapshots: [VolumeName: SnapshotRecord] = [:] {
            didSet { if Set(snapshots.keys) != Set(oldValue.keys) { changes += 1 } }
        }
        var groups: [VolumeName: GroupRecord] = [:] {
            didSet { if Set(groups.keys) != Set(oldValue.keys) { changes += 1 } }
        }
        /// Objects that cannot be served, and why.
        var torn: [ObjectKey: String] = [:]
        /// Counts the changes of names.
        var changes: Int64 = 0
        /// The volumes that grew, in the order of growths.
        var grown: [VolumeName] = []
        var total: ByteCount
        var foreign = ByteCount.zero
        var trash = ByteCount.zero
        var trouble: String?
        var nextIdentity = 1
        /// How far file systems can grow, by the volume or snapshot that they are in; without bound where none is named.
        var largestSizes: [VolumeName: ByteCount] = [:]

        var free: ByteCount {
            let rest = images.values.reduce(total.minus(trash).minus(foreign)) { $0.minus($1.allocated) }
            // Where blocks are shared a snapshot takes none until its source is overwritten, which nobody does here.
            let cut = snapshots.values + groups.values.flatMap(\.members)
            return cut.reduce(rest) { $0.minus($1.lineage == nil ? $1.commitment : .zero) }
        }
    }

    package let pool: PoolDescription
    /// Lets steps of this pool fail.
    package let faults: FaultPlan
    private let guarded: Mutex<State>

    /// An empty pool of that size.
    package init(
        id: PoolID, name: PoolName, total: ByteCount = .gibibytes(100),
        defaultProvisioning: Provisioning = .thick, sharesBlocks: Bool = true,
        isShared: Bool = false, faults: FaultPlan = FaultPlan()
    ) {
        pool = PoolDescription(
            id: id, name: name, defaultProvisioning: defaultProvisioning, sectorBytes: 4096,
            sharesBlocks: sharesBlocks, isShared: isShared)
        self.faults = faults
        guarded = Mutex(State(total: total))
    }

    func with<Result: Sendable>(_ body: (inout State) throws(VolumeFault) -> Result) throws(VolumeFault)
        -> Result
    {
        try guarded.withLock { (state) throws(VolumeFault) in try body(&state) }
    }

    func step<Result: Sendable>(
        _ name: String, _ body: (inout State) throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try faults.step(name)
        return try with { (state) throws(VolumeFault) in
            if let trouble = state.trouble { throw .notNow(trouble) }
            return try body(&state)
        }
    }

    package func check() throws(VolumeFault) { try step("check") { _ in } }

    package func pulse() throws(VolumeFault) { try step("pulse") { _ in } }

    package func space() throws(VolumeFault) -> PoolSpace {
        try step("space") { PoolSpace(total: $0.total, free: $0.free) }
    }

    package func countAll() throws(VolumeFault) {}

    package func reclaim() throws(VolumeFault) -> Bool {
        try step("reclaim") { state in
            defer { state.trash = .zero }
            return state.trash > .zero
        }
    }

    package func names() throws(VolumeFault) -> [VolumeName] {
        try step("names") { $0.records.keys.sorted() }
    }

    package func record(of name: VolumeName) throws(VolumeFault) -> VolumeRecord? {
        try step("record") { (state) throws(VolumeFault) in
            if let object = state.torn(.volume(name)) { throw object.fault }
            return state.records[name]
        }
    }

    package func create(_ record: VolumeRecord, from origin: ImageOrigin) throws(VolumeFault) {
        if case .copy(let source, let quieting) = origin { try copy(source, quieting) }
        try step("create") { (state) throws(VolumeFault) in
            let name = record.id.name
            guard state.records[name] == nil else {
                throw .existsDifferently(what: "volume \(name)", why: "it was just published")
            }
            let allocated = record.provisioning == .thick ? record.size : .zero
            guard allocated <= state.free else { throw .noSpace("the pool's file system is full") }
            state.records[name] = record
            state.images[name] = Image(identity: state.nextIdentity, size: record.size, allocated: allocated)
            state.nextIdentity += 1
        }
    }

    package func remove(_ name: VolumeName) throws(VolumeFault) {
        try step("remove") { (state) throws(VolumeFault) in
            if let object = state.torn(.volume(name)) { throw object.fault }
            guard state.records[name] != nil else { return }
            if let image = state.images[name] {
                guard image.writers + image.readers == 0 else { throw .notNow("volume \(name) is in use") }
                state.trash = state.trash + image.allocated
            }
            state.records[name] = nil
            state.images[name] = nil
        }
    }

    @discardableResult
    package func grow(_ record: VolumeRecord, to size: ByteCount) throws(VolumeFault) -> VolumeRecord {
        try step("grow") { (state) throws(VolumeFault) in
            let name = record.id.name
            guard var image = state.images[name] else {
                throw .host(step: "grow volume \(name)", cause: "ENOENT")
            }
            if record.provisioning == .thick {
                guard size.minus(image.allocated) <= state.free else {
                    throw .noSpace("the pool's file system is full")
                }
                image.allocated = size
            }
            image.size = size
            state.images[name] = image
            state.records[name]?.size = size
            state.grown.append(name)
            var grown = record
            grown.size = size
            return grown
        }
    }

    package func hasTrash() throws(VolumeFault) -> Bool { try step("hasTrash") { $0.trash > .zero } }

    package func stamp() throws(VolumeFault) -> PoolStamp {
        try step("stamp") { state in
            PoolStamp(
                changed: [state.changes],
                count: state.records.count + state.snapshots.count + state.groups.count,
                growth: "\(state.grown.count)")
        }
    }

    package func grown(since mark: String?) throws(VolumeFault) -> [VolumeName]? {
        try step("grown") { pool.isShared ? nil : Array($0.grown.dropFirst(mark.flatMap(Int.init) ?? 0)) }
    }

    package func volumes(
        _ names: ArraySlice<VolumeName>
    ) throws(VolumeFault) -> Sighting<(VolumeRecord, ImageState?)> {
        try step("volumes") { state in
            var seen = Sighting<(VolumeRecord, ImageState?)>()
            for name in names {
                if let object = state.torn(.volume(name)) {
                    seen.torn.append(object)
                } else if let record = state.records[name] {
                    seen.found.append((record, state.imageState(name)))
                }
            }
            return seen
        }
    }

    package func largestSize(of source: ContentSource) throws(VolumeFault) -> ByteCount? {
        try step("largestSize") { state in
            switch source {
            case .volume(let id): state.largestSizes[id.name]
            case .snapshot(let id): state.largestSizes[id.name]
            }
        }
    }

    /// Nothing here is lost that was ever shown.
    package func settle(_ key: ObjectKey) throws(VolumeFault) { try step("settle") { _ in } }

    package func settleGrowth(of name: VolumeName) throws(VolumeFault) { try step("settleGrowth") { _ in } }

    package func image(of name: VolumeName) throws(VolumeFault) -> ImageState? {
        try step("image") { $0.imageState(name) }
    }
}

extension FakeStore {
    /// Everything that the pool holds, for comparison.
    package var picture: String {
        guarded.withLock { state in
            state.records.values.sorted { $0.id.name < $1.id.name }.map { record in
                "\(record.id.name) \(record.size) \(state.images[record.id.name].map { "\($0)" } ?? "-")"
            }.joined(separator: "\n")
                + "\n\(state.snapshots.keys.sorted())\n\(state.groups.keys.sorted())\ntrash \(state.trash)"
        }
    }

    /// What other users of the file system occupy.
    package func occupy(_ bytes: ByteCount) { guarded.withLock { $0.foreign = bytes } }

    /// The file system in an object's image was made so that it can grow to that size.
    package func bound(_ name: VolumeName, to size: ByteCount) {
        guarded.withLock { $0.largestSizes[name] = size }
    }

    /// The pool's disk goes away, or comes back.
    package func setTrouble(_ trouble: String?) { guarded.withLock { $0.trouble = trouble } }

    /// Whether the pool's disk is gone.
    package var isInTrouble: Bool { guarded.withLock { $0.trouble != nil } }

    /// Another node or program takes the image's lock.
    package func hold(_ name: VolumeName) { guarded.withLock { $0.images[name]?.writers += 1 } }

    /// An operator removes the image by hand.
    package func loseImage(_ name: VolumeName) { guarded.withLock { $0.images[name] = nil } }

    /// An operator puts another file in the image's place.
    package func replaceImage(_ name: VolumeName) {
        guarded.withLock { state in
            state.images[name]?.identity = state.nextIdentity
            state.images[name]?.writers = 0
            state.images[name]?.readers = 0
            state.nextIdentity += 1
        }
    }

    /// The record disappears without the image being asked.
    package func loseRecord(_ name: VolumeName) { guarded.withLock { $0.records[name] = nil } }

    /// The image gets shorter than its record says.
    package func truncateImage(_ name: VolumeName, to size: ByteCount) {
        guarded.withLock { $0.images[name]?.size = size }
    }

    /// The record of an object cannot be read any more, or can again.
    package func tear(_ key: ObjectKey, _ why: String?) { guarded.withLock { $0.torn[key] = why } }

    /// Bytes of deleted images that were not reclaimed yet.
    package var trash: ByteCount { guarded.withLock { $0.trash } }

    func dropLocks() {
        guarded.withLock { state in
            for name in state.images.keys {
                state.images[name]?.writers = 0
                state.images[name]?.readers = 0
            }
        }
    }
}

extension FakeStore.State {
    func imageState(_ name: VolumeName) -> ImageState? {
        images[name].map { ImageState(size: $0.size, allocated: $0.allocated) }
    }

    /// The object, if it cannot be served.
    func torn(_ key: ObjectKey) -> TornObject? {
        if let why = torn[key] {
            guard case .volume(let name) = key else { return TornObject(key, why, footprint: nil) }
            return TornObject(key, why, footprint: imageState(name))
        }
        guard case .volume(let name) = key, let record = records[name], let image = images[name],
            image.size < record.size
        else { return nil }
        return TornObject(
            key, "its record says \(record.size.bytes) bytes, its image has \(image.size.bytes)",
            footprint: imageState(name))
    }
}
