/// The numbers of an ext4 that decide which sizes it can have.
///
/// linux/fs/ext4/ext4.h, struct ext4_super_block: little-endian.
struct Ext4Numbers {
    let firstBlock: UInt64
    let blockBytes: UInt64
    let clusterBytes: UInt64
    let groupBlocks: UInt64
    let groupInodes: UInt64
    let inodeBytes: UInt64
    let descriptorBytes: UInt64
    /// Blocks that were left free for the descriptors of later groups.
    let reservedDescriptors: UInt64
    let is64Bit: Bool
    /// Feature bigalloc.
    let hasClusters: Bool
    let hasSparseBackups: Bool

    /// Reads them from the superblock that begins at that offset.
    init(_ bytes: Bytes, _ base: Int) {
        let hasResizeInode = bytes.little(base + 0x5c, 4) & 0x10 != 0
        let features = bytes.little(base + 0x64, 4)
        firstBlock = bytes.little(base + 0x14, 4)
        blockBytes = 1024 << min(bytes.little(base + 0x18, 4), 16)
        groupBlocks = bytes.little(base + 0x20, 4)
        groupInodes = bytes.little(base + 0x28, 4)
        inodeBytes = bytes.little(base + 0x58, 2)
        is64Bit = bytes.little(base + 0x60, 4) & 0x80 != 0
        let width = bytes.little(base + 0xfe, 2)
        descriptorBytes = is64Bit ? width : 32
        reservedDescriptors = hasResizeInode ? bytes.little(base + 0xce, 2) : 0
        hasClusters = features & 0x200 != 0
        clusterBytes = hasClusters ? 1024 << min(bytes.little(base + 0x1c, 4), 32) : blockBytes
        hasSparseBackups = features & 1 != 0
    }

    /// False where no mke2fs would have written them.
    var arePlausible: Bool {
        firstBlock <= 1 && groupBlocks > 0 && inodeBytes <= blockBytes
            && (32...blockBytes).contains(descriptorBytes) && (blockBytes...(1 << 31)).contains(clusterBytes)
    }
}
