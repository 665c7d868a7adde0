/// The file that a loop device carries, as the kernel tells files apart.
package struct BackingFile: Hashable, Sendable {
    /// The kernel's number for its file system.
    package let device: UInt64
    /// Its inode there.
    package let inode: UInt64

    /// Puts the two together.
    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// A loop device that carries a volume.
package struct Device: Hashable, Sendable, CustomStringConvertible {
    /// Its number: 3 is `/dev/loop3`.
    package let number: Int32
    /// True where the kernel refuses every write, because it was attached read-only.
    package let isReadOnly: Bool
    /// The file that it carried when it was looked at; the kernel gives free numbers to other files at once.
    package let file: BackingFile?
    /// The path that the kernel remembers of that file, which tells where the file itself cannot be asked for.
    package let imagePath: String

    /// Names a device.
    package init(number: Int32, isReadOnly: Bool, file: BackingFile? = nil, imagePath: String = "") {
        self.number = number
        self.isReadOnly = isReadOnly
        self.file = file
        self.imagePath = imagePath
    }

    /// The device node.
    package var path: String { "/dev/loop\(number)" }
    package var description: String { path }
}

/// One place where the kernel shows a volume: its file system, or its device node.
package struct VolumeMount: Equatable, Sendable {
    /// The kernel's number for this mount, which tells two at one path apart.
    package let id: UInt64
    /// Where it is mounted.
    package let path: String
    /// True where this mount refuses writes.
    package let isReadOnly: Bool

    /// Puts them together.
    package init(id: UInt64 = 0, path: String, isReadOnly: Bool) {
        self.id = id
        self.path = path
        self.isReadOnly = isReadOnly
    }

    /// Whether both show the same at the same place, by whichever mount.
    package static func == (one: VolumeMount, other: VolumeMount) -> Bool {
        one.path == other.path && one.isReadOnly == other.isReadOnly
    }
}

/// Everything that the kernel shows of one volume on this node at one moment.
package struct VolumeOnNode: Equatable, Sendable {
    /// The device that carries the image, if one does.
    package var device: Device?
    /// True where that device carries another file than the image that lies in the pool now.
    package var isOnOtherImage: Bool
    /// True where somebody attached that device by hand, so that it is not the driver's to use or to take away.
    package var isByHand: Bool
    /// True where the kernel refuses writes to the whole file system, whatever the single mounts say.
    package var isFilesystemReadOnly: Bool
    /// Mounts of the whole file system, in the order of the mount table; stacked ones appear as often as they are.
    package var filesystemMounts: [VolumeMount]
    /// Bind mounts of the device node; also those that outlived the device, which may stand for another volume by now.
    package var nodeMounts: [VolumeMount]

    /// Puts a view together.
    package init(
        device: Device? = nil, isOnOtherImage: Bool = false, isByHand: Bool = false,
        isFilesystemReadOnly: Bool = false,
        filesystemMounts: [VolumeMount] = [], nodeMounts: [VolumeMount] = []
    ) {
        self.device = device
        self.isOnOtherImage = isOnOtherImage
        self.isByHand = isByHand
        self.isFilesystemReadOnly = isFilesystemReadOnly
        self.filesystemMounts = filesystemMounts
        self.nodeMounts = nodeMounts
    }

    /// All mounts of the volume.
    package var mounts: [VolumeMount] { filesystemMounts + nodeMounts }

    /// The mount at a path, if the volume is mounted there.
    package func mount(at path: HostPath) -> VolumeMount? { mounts.last { $0.path == path.text } }
}

/// What is at a path that is to be used, leaving aside mounts of the volume in question.
package enum PathOccupant: Equatable, Sendable {
    case nothing
    case folder
    case file
    /// The top mount there is not the volume's; the text says what it is.
    case foreignMount(String)
}

/// Fill of a mounted file system, or size of a disk.
package struct VolumeUsage: Equatable, Sendable {
    /// Total, used and available of one thing.
    package struct Amounts: Equatable, Sendable {
        /// Of the thing in question; a raw disk leaves the last two zero.
        package let total, used, available: Int64
        /// Puts the three together.
        package init(total: Int64, used: Int64, available: Int64) {
            self.total = total
            self.used = used
            self.available = available
        }
    }

    /// Bytes; a raw disk tells its total only.
    package let bytes: Amounts
    /// Inodes, for file systems.
    package let inodes: Amounts?

    /// Puts the two together.
    package init(bytes: Amounts, inodes: Amounts?) {
        self.bytes = bytes
        self.inodes = inodes
    }
}
