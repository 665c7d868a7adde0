/// What a store tells of its pool; fixed while the driver runs.
package struct PoolDescription: Equatable, Sendable {
    /// The identity written into the pool.
    package let id: PoolID
    /// The operator's name for it.
    package let name: PoolName
    /// How volumes are provisioned that do not say.
    package let defaultProvisioning: Provisioning
    /// Logical block size for new volumes, in bytes.
    package let sectorBytes: UInt32
    /// True where copies share blocks with their source until either is overwritten.
    package let sharesBlocks: Bool
    /// True where drivers of other nodes may have the pool too, and change it at any time.
    package let isShared: Bool

    /// Puts a description together.
    package init(
        id: PoolID, name: PoolName, defaultProvisioning: Provisioning, sectorBytes: UInt32,
        sharesBlocks: Bool = false, isShared: Bool = false
    ) {
        self.sharesBlocks = sharesBlocks
        self.isShared = isShared
        self.id = id
        self.name = name
        self.defaultProvisioning = defaultProvisioning
        self.sectorBytes = sectorBytes
    }
}

/// The image of a volume as it lies in the pool.
package struct ImageState: Hashable, Sendable {
    /// Its apparent size.
    package let size: ByteCount
    /// What of it occupies the pool.
    package let allocated: ByteCount

    /// Puts the two together.
    package init(size: ByteCount, allocated: ByteCount) {
        self.size = size
        self.allocated = allocated
    }
}

/// Tells whether names came to a pool or left it since it was looked at.
package struct PoolStamp: Equatable, Sendable {
    /// When the names of each folder changed last, in nanoseconds.
    package let changed: [Int64]
    /// How many objects there are, where the file system counts them.
    package let count: Int?
    /// Differs after each growth of a volume, by whichever driver; nothing before the first one.
    package let growth: String?

    /// Puts them together.
    package init(changed: [Int64], count: Int?, growth: String? = nil) {
        self.changed = changed
        self.count = count
        self.growth = growth
    }
}

/// One pool's records and images: the port through which the domain keeps volumes.
///
/// Every call refuses with `notNow` when the pool is no longer the one that was opened (its disk was unmounted, say),
/// so that no image lands on the wrong disk. Callers hold the volume's `InFlight` key.
///
/// A look at many objects tells those that are torn beside the others; what asks for one that is torn throws `setAside`.
package protocol VolumeStore: SnapshotStore {
    /// The pool.
    var pool: PoolDescription { get }

    /// Verifies that the pool is there, is the one that was opened, and can be written.
    func check() throws(VolumeFault)

    /// Writes a little and waits until it is on the disk, which ends soon unless the pool hangs.
    func pulse() throws(VolumeFault)

    /// What the pool's file system says now.
    func space() throws(VolumeFault) -> PoolSpace

    /// Makes all that was allocated and freed up to now show in `space`, on file systems that count late.
    func countAll() throws(VolumeFault)

    /// Waits for deleted volumes to give their blocks back; true if there is more room now.
    func reclaim() throws(VolumeFault) -> Bool

    /// True while blocks of deleted objects are still occupied.
    func hasTrash() throws(VolumeFault) -> Bool

    /// What a list of names depends on.
    func stamp() throws(VolumeFault) -> PoolStamp

    /// The volumes that grew, by whichever driver, since the stamp with that mark; nothing where that cannot be told.
    func grown(since mark: String?) throws(VolumeFault) -> [VolumeName]?

    /// The names of all volumes, sorted.
    func names() throws(VolumeFault) -> [VolumeName]

    /// The record, or nothing if the pool has no such volume.
    func record(of name: VolumeName) throws(VolumeFault) -> VolumeRecord?

    /// Records and images of those volumes that are there.
    func volumes(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> Sighting<(VolumeRecord, ImageState?)>

    /// Makes durable that the object is there as it is, or that it is gone, before an answer rests on it.
    ///
    /// Costs a look where it is known to be durable; else what a killed or failed call may have left is synced.
    func settle(_ key: ObjectKey) throws(VolumeFault)

    /// Makes durable that a volume is as large as it is; syncs each time.
    func settleGrowth(of name: VolumeName) throws(VolumeFault)

    /// Builds image, file system (or a copy of the origin's) and record out of sight and publishes them in one step, durably.
    ///
    /// - Throws: `existsDifferently` where another driver published one of that name meanwhile, `noSpace`, `host`;
    ///   nothing is left then.
    func create(_ record: VolumeRecord, from origin: ImageOrigin) throws(VolumeFault)

    /// Makes the volume disappear in one durable step and frees its blocks later; no such volume is no error.
    ///
    /// - Throws: `notNow` while anything on any node holds the image.
    func remove(_ name: VolumeName) throws(VolumeFault)

    /// Grows the image, then its record, durably.
    ///
    /// Returns the record as it is then: an image that was longer already stays so.
    ///
    /// - Throws: `operationPending` while another node grows it, `noSpace`, `host`; the record then still has the old
    ///   size.
    @discardableResult
    func grow(_ record: VolumeRecord, to size: ByteCount) throws(VolumeFault) -> VolumeRecord

    /// The largest size that the file system in an object's image can grow to, or nothing where none is found in it.
    func largestSize(of source: ContentSource) throws(VolumeFault) -> ByteCount?

    /// The image, or nothing if it is missing.
    func image(of name: VolumeName) throws(VolumeFault) -> ImageState?
}
