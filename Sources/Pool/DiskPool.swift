// Pool: makes the ports of Volumes true on disk and kernel, with LinuxHost.
//
// A pool is a folder (design in ARCHITECTURE.md, "A pool on disk"). Nothing half-made is ever visible in it: volumes are
// built in staging/ and published by one rename, and deleted by one rename into trash/. This target knows no CSI.

import LinuxHost
import Log
import Synchronization
package import Volumes

/// One pool folder: records and images of its volumes.
///
/// The folder is opened anew by each call and recognized by its identity file, so the disk below it can be unmounted
/// when nothing is attached, and an image never lands on whatever disk shows up in its place.
package final class DiskPool: VolumeStore {
    /// The pool's identity and what its file system is good for.
    package let pool: PoolDescription
    /// Absolute path of the pool folder.
    package let path: String
    /// What the file system below can do.
    package let features: PoolFeatures
    let identity: Mutex<IdentityMark>
    /// The number of the file system that the pool was on when it was looked at last.
    var filesystemNumber: UInt64 { identity.withLock { $0.file.device } }
    /// The file that holds the pool's file system, where it is one of its own.
    let image: PoolImage?
    let mkfs: Mkfs
    let trash: Reclaimer
    let log: Logger
    /// The file in a volume's folder in which earlier drivers told how it is staged here.
    let noteName: String
    /// What tells this node from others in names on it, where they have the pool too: several may share a machine.
    var nodeMark: Substring? {
        noteName == PoolLayout.note ? nil : noteName.split(separator: ".").dropFirst().first
    }
    /// True once copies are to be given up.
    let isStopping = Mutex(false)
    let swept = Atomic(0)
    let watcher: PoolWatcher
    let durability = Durability()

    /// Half-made objects of interrupted creations that were removed since the start.
    package var leftoversSwept: Int { swept.load(ordering: .relaxed) }

    init(
        pool: PoolDescription, path: String, features: PoolFeatures, identity: IdentityMark,
        image: PoolImage?, noteName: String = PoolLayout.note, watcher: PoolWatcher = PoolWatcher(),
        log: Logger
    ) {
        self.watcher = watcher
        self.noteName = noteName
        self.pool = pool
        self.path = path
        self.features = features
        self.identity = Mutex(identity)
        self.image = image
        self.mkfs = Mkfs()
        self.trash = Reclaimer(poolPath: path, log: log)
        self.log = log
        trash.open { [weak self] () throws(VolumeFault) in
            guard let self else { throw .notNow("the pool at \(path) is not served any more") }
            return try self.opened()
        }
    }

    deinit { trash.close() }

    package func check() throws(VolumeFault) {
        guard try !isReadOnly() else { throw readOnlyFault }
    }

    /// Whether the pool, which must be there, takes no writes.
    package func isReadOnly() throws(VolumeFault) -> Bool {
        let root = try answering()
        return try VolumeFault.onHost("examine pool \(pool.name)") { () throws(SystemError) in
            let space = try root.space()
            guard !space.isReadOnly, space.type == .ext4 else { return space.isReadOnly }
            // Linux 6.18: after an error ext4 refuses writes without the flag of a read-only file system.
            let mountID = try root.status().mountID
            return try MountTable.read().mounts.first { $0.id == mountID }?.isFilesystemReadOnly ?? false
        }
    }

    /// The pool folder, if its file system answers: one that was shut down tells names and figures from memory, and
    /// refuses nothing but to open a file (ext4, Linux 6.18).
    private func answering() throws(VolumeFault) -> Directory {
        let root = try opened()
        do {
            _ = try root.openFile(PoolLayout.identityFile, .readOnly)
        } catch {
            throw .notNow("pool \(pool.name) at \(path) cannot be used: \(error); \(PoolError.remedy)")
        }
        return root
    }

    /// What is said of a pool that takes no writes.
    package var readOnlyFault: VolumeFault {
        .notNow("pool \(pool.name) at \(path) is read-only; remount it writable")
    }

    package func space() throws(VolumeFault) -> PoolSpace {
        let root = try answering()
        return try VolumeFault.onHost("examine pool \(pool.name)") { () throws(SystemError) in
            let space = try root.space()
            let free = try image?.free(of: space) ?? space.availableBytes
            return PoolSpace(
                total: ByteCount(known: space.totalBytes), free: ByteCount(known: free),
                overhead: features.overhead(ofTotal: space.totalBytes))
        }
    }

    package func countAll() throws(VolumeFault) {
        // Linux 6.18: btrfs tells as free what was allocated since its last transaction, up to 30 seconds ago.
        guard features.isBtrfs else { return }
        let root = try opened()
        try VolumeFault.onHost("sync pool \(pool.name)") { () throws(SystemError) in
            try root.descriptor.syncFilesystem()
        }
    }

    package func reclaim() throws(VolumeFault) -> Bool {
        let before = try space().free
        let hadTrash = trash.emptyNow()
        try countAll()
        return try settledFree() > before || hadTrash
    }

    /// What is free once no more comes back by itself.
    ///
    /// Since Linux 5.14 XFS gives the blocks of a removed file back in the background, also of one that was removed
    /// before this call, and has no call to wait for that; so the wait is for the number to rest, 100 ms at most.
    private func settledFree() throws(VolumeFault) -> ByteCount {
        var free = try space().free
        var rests = 0
        for _ in 0..<50 where rests < 5 {
            Clock.sleep(nanoseconds: 2_000_000)
            let now = try space().free
            rests = now == free ? rests + 1 : 0
            free = now
        }
        return free
    }

    /// Waits until deleted volumes have given their blocks back, for an orderly stop.
    package func close() {
        trash.close()
        _ = trash.emptyNow()
    }

    /// Why deleted objects keep their blocks for now, in a sentence; nothing while all goes well.
    package var reclaimTrouble: String? { trash.failure }

    package func names() throws(VolumeFault) -> [VolumeName] { try names(in: PoolLayout.volumes) }

    func names(in folder: String) throws(VolumeFault) -> [VolumeName] {
        let entries = try openedIfThere(folder)?.listed("list \(folder) of pool \(pool.name)") ?? []
        return entries.compactMap { VolumeName(folder: $0) }.sorted()
    }

    package func hasTrash() throws(VolumeFault) -> Bool {
        try openedIfThere(PoolLayout.trash)?.listed("examine trash of pool \(pool.name)").isEmpty == false
    }

    package func stamp() throws(VolumeFault) -> PoolStamp {
        let root = try opened()
        return try VolumeFault.onHost("examine pool \(pool.name)") { () throws(SystemError) in
            var changed: [Int64] = []
            var count: Int? = 0
            for name in PoolLayout.published {
                guard let status = try root.status(name) else { continue }
                changed.append(status.modifiedNanoseconds)
                // A folder has a link for itself, for its name and for each folder in it; btrfs does not count.
                count = status.links < 2 ? nil : count.map { $0 + Int(status.links) - 2 }
            }
            let growth = try pool.isShared ? Self.growth(in: root) : Self.growthMark(in: root)
            return PoolStamp(changed: changed, count: count, growth: growth)
        }
    }

    package func record(of name: VolumeName) throws(VolumeFault) -> VolumeRecord? {
        guard let parent = try openedIfThere(PoolLayout.volumes) else { return nil }
        return try sight(volume: name, in: parent)?.served().record
    }

    package func image(of name: VolumeName) throws(VolumeFault) -> ImageState? {
        try imageStatus(of: name).flatMap { $0.kind == .regular ? ImageState($0) : nil }
    }

    func imageStatus(of name: VolumeName) throws(VolumeFault) -> FileStatus? {
        guard let folder = try folder(of: name) else { return nil }
        return try VolumeFault.onHost("examine image of volume \(name)") { () throws(SystemError) in
            try folder.status(PoolLayout.image)
        }
    }
}

extension Directory {
    /// The names in the folder.
    fileprivate func listed(_ step: String) throws(VolumeFault) -> [String] {
        do {
            return try entries()
        } catch {
            throw .host(step: step, cause: "\(error)")
        }
    }
}

/// What tells that an identity file is the one that was read, without reading it again.
///
/// Inode numbers are given anew at once, so that they alone do not.
struct IdentityMark: Equatable, Sendable {
    let file: FileIdentity
    private let modifiedNanoseconds: Int64
    private let sizeBytes: Int64

    init(_ status: FileStatus) {
        file = status.identity
        modifiedNanoseconds = status.modifiedNanoseconds
        sizeBytes = status.sizeBytes
    }
}

/// Names in a pool folder.
enum PoolLayout {
    static let identityFile = "pool.json"
    static let volumes = "volumes"
    static let snapshots = "snapshots"
    static let groups = "groups"
    static let staging = "staging"
    static let trash = "trash"
    static let record = "volume.json"
    static let snapshotRecord = "snapshot.json"
    static let groupRecord = "group.json"
    static let image = "image"
    static let note = "staging.json"
    /// Is written anew with each growth of a volume; in shared pools only.
    static let growth = "growth"
    /// Has a line for each growth of a volume; in pools of one node.
    static let grown = "grown"
    /// Where objects are once they can be seen.
    static let published = [volumes, snapshots, groups]
    static let folders = published + [staging, trash]
}

extension ImageState {
    init(_ status: FileStatus) {
        self.init(
            size: ByteCount(known: status.sizeBytes), allocated: ByteCount(known: status.allocatedBytes))
    }
}
