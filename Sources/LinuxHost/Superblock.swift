/// What the superblock of a file system says about its size and health, whether it is mounted or not.
package struct Superblock: Equatable, Sendable {
    /// The file systems that are understood.
    package enum Kind: Sendable {
        /// Ext4, with or without a journal.
        case ext4
        /// XFS.
        case xfs
        /// Btrfs.
        case btrfs
    }

    /// Which file system it is.
    package let kind: Kind
    /// How many bytes of the device the file system uses; what is behind them came with a growth of the device.
    package let filesystemBytes: Int64
    /// Whether the file system asks for a check: errors noted by the kernel, or not unmounted and no journal.
    package let hasErrors: Bool
    /// Which sizes it can have.
    package let geometry: FilesystemGeometry

    /// Reads the superblock, or nil if there is none of a known kind.
    ///
    /// A mounted one may lag a little behind.
    package static func read(_ file: borrowing OwnedDescriptor) throws(SystemError) -> Superblock? {
        let start = Bytes(try file.pread(offset: 0, upTo: 4096))
        if let found = xfs(start) ?? ext4(start) { return found }
        return btrfs(Bytes(try file.pread(offset: 65536, upTo: 4096)))
    }

    /// linux/fs/xfs/libxfs/xfs_format.h, struct xfs_dsb: big-endian, at the start.
    private static func xfs(_ bytes: Bytes) -> Superblock? {
        guard bytes.count >= 512, bytes.text(0, 4) == "XFSB" else { return nil }
        let blockBytes = bytes.big(4, 4)
        let isVersion5 = bytes.big(100, 2) & 0xf == 5
        let needsRepair = isVersion5 && bytes.big(216, 4) & (1 << 4) != 0
        let geometry = FilesystemGeometry(
            xfsBlockBytes: blockBytes, groupBlocks: bytes.big(84, 4), groups: bytes.big(88, 4),
            logBlocks: bytes.big(48, 8) == 0 ? 0 : bytes.big(96, 4))
        return Superblock(
            kind: .xfs, blocks: bytes.big(8, 8), blockBytes: blockBytes, hasErrors: needsRepair, geometry)
    }

    /// linux/fs/ext4/ext4.h, struct ext4_super_block: little-endian, at 1024.
    private static func ext4(_ bytes: Bytes) -> Superblock? {
        let base = 1024
        guard bytes.count >= base + 1024, bytes.little(base + 0x38, 2) == 0xef53 else { return nil }
        let shift = bytes.little(base + 0x18, 4)
        guard shift <= 6 else { return nil }
        let is64Bit = bytes.little(base + 0x60, 4) & 0x80 != 0
        let upper = is64Bit ? bytes.little(base + 0x150, 4) : 0
        // With a journal the "cleanly unmounted" bit stays set while mounted.
        let state = bytes.little(base + 0x3a, 2)
        let blocks = upper << 32 | bytes.little(base + 4, 4)
        let geometry = FilesystemGeometry(ext4: Ext4Numbers(bytes, base), blocks: blocks)
        return Superblock(
            kind: .ext4, blocks: blocks, blockBytes: 1024 << shift,
            hasErrors: state & 2 != 0 || state & 1 == 0, geometry)
    }

    /// linux/fs/btrfs, struct btrfs_super_block: little-endian, at 65536.
    private static func btrfs(_ bytes: Bytes) -> Superblock? {
        guard bytes.count >= 4096, bytes.text(0x40, 8) == "_BHRfS_M" else { return nil }
        let flags = bytes.little(0x38, 8)
        let geometry = FilesystemGeometry(btrfsSectorBytes: bytes.little(0x90, 4))
        return Superblock(
            kind: .btrfs, blocks: bytes.little(0x70, 8), blockBytes: 1, hasErrors: flags & (1 << 2) != 0,
            geometry)
    }

    /// Nil where the numbers cannot be true.
    private init?(
        kind: Kind, blocks: UInt64, blockBytes: UInt64, hasErrors: Bool, _ geometry: FilesystemGeometry?
    ) {
        let (bytes, overflow) = blocks.multipliedReportingOverflow(by: blockBytes)
        guard !overflow, let size = Int64(exactly: bytes), size > 0, let geometry else { return nil }
        self.kind = kind
        self.geometry = geometry
        filesystemBytes = size
        self.hasErrors = hasErrors
    }
}
