/// Which sizes a file system can have, by numbers that were fixed when it was made.
///
/// Tells how far a larger device is of use to it, without asking a tool at each look: what is left over (a last group
/// that is too small for its own tables) stays unused, and beyond the largest size growth does harm.
package struct FilesystemGeometry: Equatable, Sendable {
    /// Most allocation groups that an XFS is grown to.
    ///
    /// Their size is fixed by mkfs.xfs (a quarter of the file system, if that is small), a mount reads a header of each,
    /// and each takes at least one extent of the image, which is 1 MiB in a pool on XFS. Of 2,048 groups the mount takes
    /// 0.3 s, of 8,192 3 s, of 55,000 14 s.
    package static let mostGroups: UInt64 = 2048

    /// Which groups begin with a copy of the superblock and the group descriptors.
    enum Backups: Equatable, Sendable {
        case none, all, sparse
    }

    /// The largest size that it can be grown to without harm.
    package let largestBytes: Int64
    /// What statfs does not count of a size: the log of XFS.
    package let logBytes: Int64
    /// Each size is a multiple of it.
    package let unitBytes: Int64
    /// Where the first group begins.
    private let startBytes: Int64
    /// Size of a group; a number that no size reaches where there are none.
    private let groupBytes: Int64
    /// A last group that is smaller is left out.
    private let leastGroupBytes: Int64
    private let backups: Backups
    /// What a group with a copy of the descriptors needs besides.
    private let backupBytes: Int64

    /// The size that the file system has when it has grown to a device of that size as far as it can.
    package func size(on deviceBytes: Int64) -> Int64 {
        let wish = min(deviceBytes, largestBytes)
        let size = wish - wish % unitBytes
        let (groups, rest) = (size - startBytes).quotientAndRemainder(dividingBy: groupBytes)
        guard groups > 0, rest > 0 else { return size }
        let needed = leastGroupBytes + (hasBackup(groups) ? backupBytes : 0)
        return rest < needed ? size - rest : size
    }

    /// ext4(5), sparse_super: groups 0 and 1 and the powers of 3, 5 and 7.
    private func hasBackup(_ group: Int64) -> Bool {
        guard backups == .sparse else { return backups == .all }
        guard group > 1 else { return true }
        return ([3, 5, 7] as [Int64]).contains { base in
            var rest = group
            while rest % base == 0 { rest /= base }
            return rest == 1
        }
    }
}

extension FilesystemGeometry {
    /// Nil where the numbers cannot be true.
    init?(btrfsSectorBytes sector: UInt64) {
        guard (512...65536).contains(sector) else { return nil }
        largestBytes = .max
        logBytes = 0
        unitBytes = Int64(sector)
        startBytes = 0
        groupBytes = .max
        leastGroupBytes = 0
        backups = .none
        backupBytes = 0
    }

    /// Nil where the numbers cannot be true.
    init?(xfsBlockBytes blockBytes: UInt64, groupBlocks: UInt64, groups: UInt64, logBlocks: UInt64) {
        guard (512...65536).contains(blockBytes), (64...UInt64(UInt32.max)).contains(groupBlocks) else {
            return nil
        }
        largestBytes = Self.clamped(max(groups, Self.mostGroups), groupBlocks * blockBytes)
        logBytes = Int64(logBlocks * blockBytes)
        unitBytes = Int64(blockBytes)
        startBytes = 0
        groupBytes = Int64(groupBlocks * blockBytes)
        // linux/fs/xfs/libxfs/xfs_fs.h, XFS_MIN_AG_BLOCKS.
        leastGroupBytes = Int64(64 * blockBytes)
        backups = .none
        backupBytes = 0
    }

    /// Nil where the numbers cannot be true.
    ///
    /// Beyond the descriptors that are reserved resize2fs (1.47.0) damages a file system that is smaller than a group, and
    /// Linux before 6.9 one that it moves to descriptors of another layout (`meta_bg`) while it is mounted.
    init?(ext4 numbers: Ext4Numbers, blocks: UInt64) {
        guard numbers.arePlausible, (numbers.firstBlock + 1..<1 << 48).contains(blocks) else { return nil }
        let block = numbers.blockBytes
        let groups = (blocks - numbers.firstBlock + numbers.groupBlocks - 1) / numbers.groupBlocks
        let perBlock = block / numbers.descriptorBytes
        let descriptors = (groups + perBlock - 1) / perBlock + numbers.reservedDescriptors
        guard descriptors < 1 << 32 else { return nil }
        let mostBlocks = numbers.firstBlock + descriptors * perBlock * numbers.groupBlocks
        // resize2fs does not touch a bigalloc without being forced.
        let most = numbers.hasClusters ? blocks : numbers.is64Bit ? mostBlocks : min(mostBlocks, 0xffff_ffff)
        largestBytes = Self.clamped(most, block)
        logBytes = 0
        unitBytes = Int64(numbers.clusterBytes)
        startBytes = Int64(numbers.firstBlock * block)
        groupBytes = Int64(numbers.groupBlocks * block)
        let inodeBlocks = (numbers.groupInodes * numbers.inodeBytes + block - 1) / block
        // e2fsprogs: two bitmaps, the inode table, and 50 blocks for data, or the group is not worth having.
        leastGroupBytes = Int64((2 + inodeBlocks + 50) * block)
        backups = numbers.hasSparseBackups ? .sparse : .all
        backupBytes = Int64((1 + descriptors) * block)
    }

    private static func clamped(_ count: UInt64, _ bytes: UInt64) -> Int64 {
        let (product, overflow) = count.multipliedReportingOverflow(by: bytes)
        return overflow ? .max : Int64(clamping: product)
    }
}
