import LinuxHost
import Volumes

/// What the file system below a pool can do; probed once, when the pool is opened.
package struct PoolFeatures: Equatable, Sendable {
    /// Its type, for the log.
    package let filesystem: String
    /// Blocks can be reserved ahead, so volumes can be thick.
    package let canAllocate: Bool
    /// Files can share blocks, so snapshots and clones take constant time.
    package let canReflink: Bool
    /// It is made for several machines at once.
    let isOfMany: Bool
    let isXFS: Bool
    let isBtrfs: Bool

    /// What of the free space the file system may need for its own records when images take the rest.
    ///
    /// More than was ever seen to be needed: ext4 16 KiB and XFS 2.4 MiB for one image that takes all; but a shared image
    /// that is overwritten at random has extents without number, and filling holes on XFS needs a step's blocks free.
    /// Btrfs counts as free for data what it has not made metadata of yet, and keeps that twice.
    func overhead(ofTotal total: Int64) -> ByteCount {
        if isXFS { return ByteCount(known: 20 << 20 + total / 256) }
        if isBtrfs { return ByteCount(known: 32 << 20 + total / 64) }
        return ByteCount(known: 1 << 20 + total / 1024)
    }

    /// Asks the file system that holds the pool; writes only where that does not tell.
    static func of(_ root: borrowing Directory, isShared: Bool) throws -> PoolFeatures {
        let space = try root.space()
        let type = space.type
        let (canAllocate, canReflink) =
            if let told = try asked(root) { told } else { try tried(root, isShared: isShared) }
        return PoolFeatures(
            filesystem: "\(type)", canAllocate: canAllocate, canReflink: canReflink, isOfMany: space.isOfMany,
            isXFS: type == .xfs, isBtrfs: type == .btrfs)
    }

    private static func asked(_ root: borrowing Directory) throws(SystemError) -> (Bool, Bool)? {
        guard let reserves = try root.reservesBlocks(), let shares = try root.sharesBlocks() else {
            return nil
        }
        return (reserves, shares)
    }

    /// Tries things out with files in the pool's staging folder, and removes them.
    private static func tried(_ root: borrowing Directory, isShared: Bool) throws -> (Bool, Bool) {
        do {
            return try triedNow(root, isShared: isShared)
        } catch let error as SystemError where Errno.noRoom.contains(error.errno) {
            // LIMIT: what it cannot show now is taken for the usual until the next start.
            return (true, false)
        }
    }

    private static func triedNow(_ root: borrowing Directory, isShared: Bool) throws -> (Bool, Bool) {
        let staging = try root.open(PoolLayout.staging)
        let probe = "probe.\(RandomBytes.hex(byteCount: 4))"
        let claim = isShared ? try BuildClaim.take(probe, in: staging) : nil
        defer { claim?.end() }
        let folder = try staging.create(probe, mode: 0o700)
        guard try folder.tryLock(.exclusive) else {
            throw SystemError(call: "flock", errno: .busy, object: probe)
        }
        defer { removeProbe(probe, from: staging) }
        let source = try folder.createFile("source", mode: 0o600)
        let canAllocate = try supported { () throws(SystemError) in try source.allocate(bytes: 1 << 16) }
        let copy = try folder.createFile("copy", mode: 0o600)
        let canReflink = try supported { () throws(SystemError) in try copy.clone(from: source) }
        return (canAllocate, canReflink)
    }

    private static func removeProbe(_ probe: String, from staging: borrowing Directory) {
        do {
            try staging.removeTree(probe)
        } catch {
            // Left behind unlocked, the folder is swept by the next start.
        }
    }

    private static func supported(_ attempt: () throws(SystemError) -> Void) throws(SystemError) -> Bool {
        do {
            try attempt()
            return true
        } catch {
            switch error.errno {
            // ioctl_ficlone(2) and fallocate(2): these mean that the file system does not offer the operation.
            case .notSupported, .invalid: return false
            // It does, and is full; a driver that does not start could not delete anything.
            case .noSpace, .quota: return true
            default: throw error
            }
        }
    }
}

extension Errno {
    /// What a file system answers that is full or read-only, and well otherwise.
    static let noRoom = [Errno.noSpace, .quota, .readOnly]
}
