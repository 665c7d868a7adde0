internal import CLinux

extension OwnedDescriptor {
    /// How many extents the file has, or nil where its file system cannot tell; changes nothing.
    ///
    /// What the kernel holds in memory and has not placed yet counts as one.
    package func extentCount() throws(SystemError) -> Int64? {
        let result = clinux_count_extents(number)
        for missing in Errno.notOffered where result == -Int64(missing.rawValue) { return nil }
        return try SystemError.check("FS_IOC_FIEMAP", on: pathForMessages, result)
    }
}

extension Directory {
    /// Whether files in this folder can share blocks, as far as that can be told without writing; nil if it cannot.
    package func sharesBlocks() throws(SystemError) -> Bool? {
        switch try space().type {
        case .btrfs: return true
        case .ext4, .tmpfs: return false
        case .xfs:
            let result = clinux_xfs_shares_blocks(number)
            return try SystemError.check("XFS_IOC_FSGEOMETRY", on: pathForMessages, result) != 0
        case .nfs, .other: return nil
        }
    }

    /// Whether files in this folder can reserve blocks, as far as that can be told without writing; nil if it cannot.
    package func reservesBlocks() throws(SystemError) -> Bool? {
        switch try space().type {
        case .xfs, .btrfs, .tmpfs: return true
        case .ext4:
            let result = clinux_keeps_extents(number)
            // Ext2 and ext3 go by the same number and cannot.
            return try SystemError.check("FS_IOC_GETFLAGS", on: pathForMessages, result) != 0 ? true : nil
        case .nfs, .other: return nil
        }
    }
}
