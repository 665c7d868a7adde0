internal import CLinux

/// Which file it is, whatever its name: the file system's device number and the inode.
package struct FileIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The device of the file system: major in the upper, minor in the lower 32 bits.
    package let device: UInt64
    /// The inode number in that file system.
    package let inode: UInt64

    /// Names a file by device and inode.
    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(major: UInt32, minor: UInt32, inode: UInt64) {
        self.init(device: UInt64(major) << 32 | UInt64(minor), inode: inode)
    }

    /// "254:0/1234".
    package var description: String { "\(device >> 32):\(device & 0xffff_ffff)/\(inode)" }
}

/// The major and minor number of a device.
package struct DeviceNumber: Hashable, Sendable, CustomStringConvertible {
    /// The driver's number.
    package let major: UInt32
    /// The number within the driver.
    package let minor: UInt32

    /// Names a device.
    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// Reads "7:12".
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }

    /// "7:12".
    package var description: String { "\(major):\(minor)" }
}

/// What statx says about a file.
package struct FileStatus: Sendable {
    /// Kinds of file, as far as they matter here.
    package enum Kind: Sendable {
        /// A plain file.
        case regular
        /// A folder.
        case directory
        /// A symbolic link itself.
        case symlink
        /// A block device node.
        case blockDevice
        /// A socket, pipe or character device.
        case other
    }

    /// Which file it is.
    package let identity: FileIdentity
    /// The number of the file system that it is on.
    package var filesystem: DeviceNumber {
        DeviceNumber(
            major: UInt32(truncatingIfNeeded: identity.device >> 32),
            minor: UInt32(truncatingIfNeeded: identity.device))
    }
    /// What kind of file it is.
    package let kind: Kind
    /// Permission bits.
    package let mode: UInt32
    /// User id of the owner; 0 is root.
    package let owner: UInt32
    /// When its content, or the names in a folder, changed last: nanoseconds since 1970 in UTC.
    package let modifiedNanoseconds: Int64
    /// The size a reader sees.
    package let sizeBytes: Int64
    /// What the file occupies on its file system.
    package let allocatedBytes: Int64
    /// Of a device node: the device it stands for.
    package let deviceNumber: DeviceNumber
    /// The mount through which it was reached (kernel 5.8), as in `Mount.id`.
    package let mountID: UInt64
    /// Whether it is the root of a mount.
    package let isMountRoot: Bool
    /// How many names it has; of a folder, on most file systems, two more than folders in it.
    package let links: UInt32

    init(_ found: clinux_status) {
        identity = FileIdentity(major: found.device_major, minor: found.device_minor, inode: found.inode)
        kind =
            switch found.kind {
            case CLINUX_KIND_REGULAR: .regular
            case CLINUX_KIND_FOLDER: .directory
            case CLINUX_KIND_LINK: .symlink
            case CLINUX_KIND_BLOCK: .blockDevice
            default: .other
            }
        mode = found.mode
        owner = found.owner
        modifiedNanoseconds = found.modified_nanoseconds
        sizeBytes = found.size_bytes
        allocatedBytes = found.allocated_bytes
        deviceNumber = DeviceNumber(major: found.node_major, minor: found.node_minor)
        mountID = found.mount_id
        isMountRoot = found.is_mount_root
        links = found.links
    }

    /// Looks at a trusted path, following links; nil if nothing is there.
    package static func at(_ path: String) throws(SystemError) -> FileStatus? {
        try checkText(path, call: "statx")
        var found = clinux_status()
        return try optional(unsafe clinux_status_of_path(path, &found), found, on: path)
    }

    /// One name in an open folder, or the descriptor itself for an empty name.
    static func of(_ name: String, in folder: Int32, on object: @autoclosure () -> String)
        throws(SystemError) -> FileStatus?
    {
        var found = clinux_status()
        return try optional(unsafe clinux_status_of(folder, name, &found), found, on: object())
    }

    private static func optional(
        _ result: Int32, _ found: clinux_status, on object: @autoclosure () -> String
    )
        throws(SystemError) -> FileStatus?
    {
        if result == -Errno.noEntry.rawValue { return nil }
        try SystemError.check("statx", on: object(), result)
        return FileStatus(found)
    }
}
