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

    /// Looks at a pool that exists, also if it lies in a file that a driver mounted; whoever knows how that file is
    /// allocated tells by `image`.
    ///
    /// - Throws: `PoolError` for a folder that is missing, is no pool, or has a newer format.
    package static func open(
        _ path: String, image: PoolImage.Options? = nil, name: PoolName, policy: CapacityPolicy
    ) throws(PoolError) -> PoolView {
        do {
            let image = try PoolImage.mounted(in: path, image, name: name)
            return try opening(image?.mountPoint ?? path, image, name: name, policy: policy)
        } catch let error as PoolError {
            throw error
        } catch {
            throw PoolError(description: "pool \(name) at \(path): \(error)")
        }
    }

    private static func opening(
        _ path: String, _ image: PoolImage?, name: PoolName, policy: CapacityPolicy
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
            filesystem: "\(type)", canAllocate: true, canReflink: sharesBlocks ?? false, isOfMany: false,
            isXFS: type == .xfs,
            isBtrfs: type == .btrfs)
        let disk = DiskPool(
            pool: PoolDescription(id: id, name: name, defaultProvisioning: .thick, sectorBytes: 4096),
            path: path, features: features, identity: identity, image: image, log: .silent)
        return PoolView(sharesBlocks: sharesBlocks, policy: policy, disk: disk)
    }
}

extension PoolView {
    /// The volumes, sorted by name; what is in their folder and no volume is left to `PoolCheck`.
    package func volumes() throws(VolumeFault) -> [PoolObject<VolumeRecord>] {
        try objects(.volumes).objects
    }

    /// The snapshots, those of groups behind the others, each sorted by name.
    package func snapshots() throws(VolumeFault) -> [PoolObject<SnapshotRecord>] {
        try objects(.snapshots).objects + groups().members
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

extension PoolImage {
    /// The file in a folder that holds a pool, if one does; it must be mounted already.
    fileprivate static func mounted(
        in path: String, _ options: Options?, name: PoolName
    ) throws -> PoolImage? {
        guard try FileStatus.at(path) != nil else { return nil }
        let root = try Directory.open(path)
        guard let file = try root.status(Layout.image) else {
            guard options == nil else {
                throw PoolError(
                    description:
                        "pool \(name): there is no \(Layout.image) in \(path); a driver that serves it "
                        + "makes it")
            }
            return nil
        }
        guard try root.status(Layout.mountPoint)?.isMountRoot == true else {
            throw PoolError(
                description: "pool \(name): \(path)/\(Layout.image) is not mounted at "
                    + "\(mountPoint(in: path)); a driver that serves it mounts it")
        }
        // What is said of a sparse file holds for one that has all its blocks as well.
        let usual = Options(size: ByteCount(known: file.sizeBytes), allocation: .sparse)
        return PoolImage(
            folder: root.pathForMessages, options: options ?? usual, pool: name, log: .silent)
    }
}

extension Logger {
    /// For whoever does nothing that is worth a line.
    fileprivate static var silent: Logger {
        Logger(format: .logfmt, minimum: .error, sink: { _ in })
    }
}
