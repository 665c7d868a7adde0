internal import CLinux

/// What kind of file system something is on, by its magic number.
package enum FilesystemType: Hashable, Sendable {
    /// Ext4 (and ext2, ext3, which share the number).
    case ext4
    /// XFS.
    case xfs
    /// Btrfs.
    case btrfs
    /// NFS of any version.
    case nfs
    /// Tmpfs (and devtmpfs).
    case tmpfs
    /// Anything else, with its magic number.
    case other(UInt64)
}

/// Space and inodes of a mounted file system.
package struct FilesystemSpace: Sendable {
    /// The unit in which the file system counts.
    package let blockBytes: Int64
    /// Its size.
    package let totalBytes: Int64
    /// Bytes not used.
    package let freeBytes: Int64
    /// Bytes that an unprivileged writer may still use.
    package let availableBytes: Int64
    /// Its inodes; 0 where they are made on demand.
    package let totalInodes: Int64
    /// Inodes not used.
    package let freeInodes: Int64
    /// Its type.
    package let type: FilesystemType
    /// Whether it, or the mount it was reached through, is read-only.
    package let isReadOnly: Bool
    /// Whether it is of a kind that is made for several machines at once, such as NFS.
    ///
    /// False for all on FUSE, by which virtiofs is known as well: they may be local or not.
    package let isOfMany: Bool

    /// Asks about the file system an open file or folder is on.
    package static func of(_ descriptor: borrowing OwnedDescriptor) throws(SystemError) -> FilesystemSpace {
        var found = clinux_space()
        let result = unsafe clinux_space_of(descriptor.number, &found)
        try SystemError.check("statfs", on: descriptor.pathForMessages, result)
        return FilesystemSpace(found)
    }

    /// Asks about the file system at a trusted path; follows links.
    package static func at(_ path: String) throws(SystemError) -> FilesystemSpace {
        try checkText(path, call: "statfs")
        let number = unsafe clinux_open(-1, path, CLINUX_OPEN_PATH, CLINUX_WALK_ANY, 0)
        return try of(OwnedDescriptor(owning: try SystemError.check("open place", on: path, number)))
    }

    private init(_ found: clinux_space) {
        blockBytes = found.block_bytes
        totalBytes = found.total_bytes
        freeBytes = found.free_bytes
        availableBytes = found.available_bytes
        totalInodes = found.total_inodes
        freeInodes = found.free_inodes
        isReadOnly = found.is_read_only
        isOfMany = found.is_of_many
        type =
            switch found.type {
            case CLINUX_FILESYSTEM_EXT4: .ext4
            case CLINUX_FILESYSTEM_XFS: .xfs
            case CLINUX_FILESYSTEM_BTRFS: .btrfs
            case CLINUX_FILESYSTEM_NFS: .nfs
            case CLINUX_FILESYSTEM_TMPFS: .tmpfs
            default: .other(found.magic)
            }
    }
}
