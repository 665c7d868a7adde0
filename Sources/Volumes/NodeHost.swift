/// A loop device that carries a volume.
package struct Device: Hashable, Sendable, CustomStringConvertible {
    /// Its number: 3 is `/dev/loop3`.
    package let number: Int32
    /// True where the kernel refuses every write, because it was attached read-only.
    package let isReadOnly: Bool

    /// Names a device.
    package init(number: Int32, isReadOnly: Bool) {
        self.number = number
        self.isReadOnly = isReadOnly
    }

    /// The device node.
    package var path: String { "/dev/loop\(number)" }
    package var description: String { path }
}

/// One place where the kernel shows a volume: its file system, or its device node.
package struct VolumeMount: Equatable, Sendable {
    /// Where it is mounted.
    package let path: String
    /// True where this mount refuses writes.
    package let isReadOnly: Bool

    /// Puts the two together.
    package init(path: String, isReadOnly: Bool) {
        self.path = path
        self.isReadOnly = isReadOnly
    }
}

/// Everything that the kernel shows of one volume on this node at one moment.
package struct VolumeOnNode: Equatable, Sendable {
    /// The device that carries the image, if one does.
    package var device: Device?
    /// True where that device carries another file than the image that lies in the pool now.
    package var isOnOtherImage: Bool
    /// True where the kernel refuses writes to the whole file system, whatever the single mounts say.
    package var isFilesystemReadOnly: Bool
    /// Mounts of the whole file system, in the order of the mount table; stacked ones appear as often as they are.
    package var filesystemMounts: [VolumeMount]
    /// Bind mounts of the device node.
    package var nodeMounts: [VolumeMount]

    /// Puts a view together.
    package init(
        device: Device? = nil, isOnOtherImage: Bool = false, isFilesystemReadOnly: Bool = false,
        filesystemMounts: [VolumeMount] = [], nodeMounts: [VolumeMount] = []
    ) {
        self.device = device
        self.isOnOtherImage = isOnOtherImage
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

/// How a volume was asked for at one path; kept so that a repeat can be told from a different request.
package struct Usage: Equatable, Sendable {
    /// Who may use it at once.
    package let mode: AccessMode
    /// True where writes are refused there.
    package let isReadOnly: Bool
    /// A digest of the mount flags, which may hold secrets and are never kept.
    package let flagsDigest: String

    /// Puts a usage together.
    package init(mode: AccessMode, isReadOnly: Bool, flagsDigest: String) {
        self.mode = mode
        self.isReadOnly = isReadOnly
        self.flagsDigest = flagsDigest
    }
}

/// What the driver noted beside a volume when it staged and published it.
///
/// Only read together with what the kernel shows: an entry whose mount is gone means nothing. So the note needs no
/// sync; a power loss takes the mounts along with it.
package struct StagingNote: Equatable, Sendable {
    /// Staging paths and how the volume was asked for there.
    package var staged: [String: Usage] = [:]
    /// Target paths and how the volume was asked for there.
    package var published: [String: Usage] = [:]

    /// An empty note.
    package init() {}
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

/// The kernel of the node as the domain needs it.
///
/// Callers hold the volume's `InFlight` key for calls that change it.
package protocol NodeHost: Sendable {
    /// Verifies that the node has what volumes need: loop devices and the file system tools.
    ///
    /// - Throws: `notNow` naming what is missing and the remedy.
    func check() throws(VolumeFault)

    /// What the kernel shows of the volumes; works also for those whose record is gone. Order and count as asked.
    func observe(_ ids: [VolumeID]) throws(VolumeFault) -> [VolumeOnNode]

    /// Gives the image a loop device; its lock (shared if read-only, else exclusive) lives as long as the device.
    ///
    /// - Throws: `notNow` where someone else holds the image, `host`; no device is left then.
    func attach(_ record: VolumeRecord, readOnly: Bool) throws(VolumeFault) -> Device

    /// Takes the loop device away and verifies that it is gone.
    ///
    /// - Throws: `notNow` while something still uses it.
    func detach(_ device: Device) throws(VolumeFault)

    /// Lets the device and its image agree on the size again.
    func refreshCapacity(of device: Device) throws(VolumeFault) -> ByteCount

    /// Refuses or allows writes through every node of the device.
    func setReadOnly(_ device: Device, _ readOnly: Bool) throws(VolumeFault)

    /// Makes a file system ready to be mounted: repairs what is safe to repair where it is due, and grows it to the
    /// device if that is not possible once it is mounted.
    func prepareFilesystem(_ kind: FilesystemKind, on device: Device) throws(VolumeFault)

    /// Whether a mounted file system of that kind can grow on this node.
    func growsMounted(_ kind: FilesystemKind) -> Bool

    /// Mounts the file system of the device on an existing folder.
    ///
    /// - Throws: `malformed` for a path with links or mount flags that the kernel does not know, `notNow` for a
    ///   path that is not there, `host`.
    func mountFilesystem(
        _ kind: FilesystemKind, of device: Device, at path: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault)

    /// Grows the mounted file system to its device where it is smaller; true if it grew.
    ///
    /// - Throws: `notNow` naming the remedy where it can only grow before it is mounted, `host`.
    func growFilesystem(_ kind: FilesystemKind, on device: Device, at path: HostPath) throws(VolumeFault)
        -> Bool

    /// What is at the path besides the volume.
    func occupant(of path: HostPath, besides id: VolumeID) throws(VolumeFault) -> PathOccupant

    /// Makes the target (a folder, or an empty file for a device node) unless it is there; true if it was made.
    ///
    /// - Throws: `malformed` for a path with links, `notNow` for a missing parent or a thing of the wrong kind.
    func ensureTarget(_ path: HostPath, asFile: Bool) throws(VolumeFault) -> Bool

    /// Removes a folder if it is empty, or a file of no bytes; nothing there is no error.
    ///
    /// - Throws: `notNow` where it holds something.
    func removeTarget(_ path: HostPath) throws(VolumeFault)

    /// Shows the file system mounted at `source` also at `target`; never visible writable if `readOnly`.
    func bindFilesystem(from source: HostPath, to target: HostPath, readOnly: Bool) throws(VolumeFault)

    /// Shows the device node at the file `target`.
    func bindNode(of device: Device, to target: HostPath, readOnly: Bool) throws(VolumeFault)

    /// Takes the top mount off the path; never lazily, never by force.
    ///
    /// - Throws: `notNow` while it is busy.
    func unmount(_ path: HostPath) throws(VolumeFault)

    /// The note of a volume, empty if there is none.
    func note(of id: VolumeID) throws(VolumeFault) -> StagingNote

    /// Keeps the note of a volume; a volume whose record is gone keeps none.
    func keep(_ note: StagingNote, of id: VolumeID) throws(VolumeFault)

    /// Fill of the file system mounted at the path.
    func usage(at path: HostPath) throws(VolumeFault) -> VolumeUsage

    /// Size of the device.
    func size(of device: Device) throws(VolumeFault) -> ByteCount

    /// True where the path leads to the device's node, wherever that node lies.
    func isNode(_ path: HostPath, of device: Device) throws(VolumeFault) -> Bool

    /// Signs of trouble that the kernel shows for an attached volume, each a sentence.
    func troubles(of record: VolumeRecord, _ view: VolumeOnNode) throws(VolumeFault) -> [String]

    /// Digest of mount flags, for a `Usage`.
    func digest(_ flags: MountFlags) -> String
}

/// Asks whether the driver is fit for work: true, false while it is starting, or a fault that says what is missing.
package typealias ReadinessCheck = @Sendable () throws(VolumeFault) -> Bool
