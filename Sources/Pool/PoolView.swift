import LinuxHost
import Log
package import Volumes

/// A pool as it lies on disk, seen without touching it: nothing is made, swept, probed by writing, or locked.
///
/// It needs no driver and disturbs none. In particular it takes no flock, not even to try one, because a driver that
/// looks at that moment would believe that an image is in use or that a folder has a builder.
package struct PoolView: Sendable {
    /// The operator's name for the pool.
    package var name: PoolName { disk.pool.name }
    /// The identity written into the pool.
    package var id: PoolID { disk.pool.id }
    /// Absolute path of the pool folder.
    package var path: String { disk.path }
    /// The type of the file system below.
    package var filesystem: String { disk.features.filesystem }
    /// Whether files there can share blocks; nil where only an attempt would tell.
    package let sharesBlocks: Bool?
    /// How much of the pool may be promised.
    package let policy: CapacityPolicy
    let disk: DiskPool

    /// Looks at a pool that exists.
    ///
    /// - Throws: `PoolError` for a folder that is missing, is no pool, or has a newer format.
    package static func open(
        _ path: String, name: PoolName, policy: CapacityPolicy
    ) throws(PoolError) -> PoolView {
        do {
            return try opening(path, name: name, policy: policy)
        } catch let error as PoolError {
            throw error
        } catch {
            throw PoolError(description: "pool \(name) at \(path): \(error)")
        }
    }

    private static func opening(
        _ path: String, name: PoolName, policy: CapacityPolicy
    ) throws -> PoolView {
        guard try FileStatus.at(path) != nil else {
            throw PoolError(
                description: "pool \(name): there is no folder \(path); a driver that serves it makes it")
        }
        let root = try Directory.open(path)
        guard try root.status(PoolLayout.identityFile) != nil else {
            throw PoolError(
                description:
                    "pool \(name): \(path) is no pool, as it has no \(PoolLayout.identityFile); is the disk "
                    + "that holds the pool mounted there?")
        }
        let (id, identity) = try DiskPool.readIdentity(of: root, path: path, name: name)
        let type = try root.space().type
        let sharesBlocks = try root.sharesBlocks()
        let features = PoolFeatures(
            filesystem: "\(type)", canAllocate: true, canReflink: sharesBlocks ?? false, isXFS: type == .xfs,
            isBtrfs: type == .btrfs)
        let disk = DiskPool(
            pool: PoolDescription(id: id, name: name, defaultProvisioning: .thick, sectorBytes: 4096),
            path: path, features: features, identity: identity, image: nil,
            log: Logger(format: .logfmt, minimum: .error, sink: { _ in }))
        return PoolView(sharesBlocks: sharesBlocks, policy: policy, disk: disk)
    }
}

extension PoolView {
    /// The volumes, sorted by name; what is in their folder and no volume is left to `PoolCheck`.
    package func volumes() throws(VolumeFault) -> [PoolObject<VolumeRecord>] {
        try objects(.volumes).objects
    }

    /// The snapshots, sorted by name.
    package func snapshots() throws(VolumeFault) -> [PoolObject<SnapshotRecord>] {
        try objects(.snapshots).objects
    }

    /// One volume; nothing if there is no such folder.
    package func volume(_ name: VolumeName) throws(VolumeFault) -> PoolObject<VolumeRecord>? {
        try object(name.text, in: try disk.opened(PoolLayout.volumes), .volumes)
    }

    /// How many extents the image of a volume has; nothing if there is no image or nobody can tell.
    package func extents(of name: VolumeName) throws(VolumeFault) -> Int64? {
        guard let folder = try disk.folder(of: name) else { return nil }
        do {
            guard try folder.status(PoolLayout.image) != nil else { return nil }
            return try folder.openFile(PoolLayout.image, .readOnly).extentCount()
        } catch {
            throw .host(step: "count the extents of volume \(name)", cause: "\(error)")
        }
    }
}
