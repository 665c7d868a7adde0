/// The kernel of the node as the domain needs it.
///
/// Callers hold the volume's `InFlight` key for calls that change it.
package protocol NodeHost: Sendable {
    /// Verifies that the node has what volumes need: loop devices and the file system tools.
    ///
    /// - Throws: `notNow` naming what is missing and the remedy.
    func check() throws(VolumeFault)

    /// Runs the body while drivers in other processes on this node keep off the volume.
    ///
    /// - Throws: `operationPending` where another driver is at work on it and does not end soon, what the body throws, and `host` where
    ///   there can be no lock, unless the volume is to be taken down.
    func withLock<Result>(
        of id: VolumeID, _ purpose: LockPurpose, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result

    /// What the kernel shows of the volumes; works also for those whose record is gone, or whose pool does not answer.
    /// Order and count as asked.
    func observe(_ ids: [VolumeID]) throws(VolumeFault) -> [VolumeOnNode]

    /// What is left of a volume to be taken down at a path, by the kernel and the driver's note alone: no pool is waited
    /// for.
    ///
    /// - Throws: `host` where the kernel itself does not tell; what a note says is only a help.
    func remains(of id: VolumeID, at path: HostPath) throws(VolumeFault) -> Remains

    /// The mount that a user of the path meets there; nothing if none begins there.
    ///
    /// - Throws: `malformed` for a path with links, `host`.
    func mountID(at path: HostPath) throws(VolumeFault) -> UInt64?

    /// In words, what a user of the path meets there instead of what the mount table shows for it.
    func obstacle(at path: HostPath) throws(VolumeFault) -> String

    /// Verifies that nobody keeps the volume's file system frozen; one that was shut down is none of these.
    ///
    /// `paths` are mounts of it that are nobody's own.
    ///
    /// - Throws: `notNow` naming the freeze, `host`.
    func refuseFrozen(
        _ id: VolumeID, _ view: VolumeOnNode, preferring paths: [String]
    ) throws(VolumeFault)

    /// True while somebody holds the image's lock, as each device of this driver does; also if the image is gone.
    ///
    /// False for a device that somebody made by hand, which is not this driver's to use or to take away.
    func isLocked(_ id: VolumeID) throws(VolumeFault) -> Bool

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

    /// Repairs what is safe to repair in a file system that is not mounted, where it asks for that.
    ///
    /// - Throws: `setAside` where it is damaged and a person has to see to it, `host`.
    func prepareFilesystem(_ kind: FilesystemKind, on device: Device) throws(VolumeFault)

    /// Whether the file system can be mounted from a device that takes no writes; not while its log holds something.
    func isReadable(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) -> Bool

    /// Brings what the log of a file system holds into place; the device must be writable and not mounted.
    func replayLog(_ kind: FilesystemKind, on device: Device) throws(VolumeFault)

    /// Whether a mounted file system of that kind can grow on this node.
    func growsMounted(_ kind: FilesystemKind) -> Bool

    /// Mounts the file system of the device on an existing folder.
    ///
    /// - Throws: `malformed` for a path with links or mount flags that the kernel does not know, `notNow` for a
    ///   path that is not there, `host`.
    func mountFilesystem(
        _ kind: FilesystemKind, of device: Device, at path: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault)

    /// Grows a file system that is not mounted to its device where there is something to gain; true if it grew.
    ///
    /// - Throws: `setAside` where it turns out to be damaged, `host`.
    func growUnmounted(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) -> Bool

    /// Keeps why the file system of the device could not grow, for its condition, or that it could.
    func remember(_ failure: VolumeFault?, growing device: Device)

    /// Whether that is so; repeats of a call need not fail the same way again.
    func failedToGrow(_ device: Device) -> Bool

    /// Grows the mounted file system to its device where there is something to gain; true if it grew.
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

    /// Shows the file system that the view has at `source` also at `target`, with the flags before anybody can see it,
    /// and verifies that a user of the target meets it.
    ///
    /// - Throws: `notNow` where `source` is covered or was shut down, `malformed`, `host`.
    func bindFilesystem(
        _ view: VolumeOnNode, from source: HostPath, to target: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault)

    /// Verifies that a user of the path meets a mount of the view there, which answers and has the flags.
    ///
    /// - Throws: `notNow` naming what covers it, or that it was shut down, `existsDifferently`, `host`.
    func verifyMounted(
        _ view: VolumeOnNode, at path: HostPath, flags: MountFlags, readOnly: Bool
    ) throws(VolumeFault)

    /// Digest of those flags that are the file system's and not the single mount's; empty where there are none.
    ///
    /// - Throws: `malformed` where they are no mount options.
    func filesystemDigest(_ flags: MountFlags) throws(VolumeFault) -> String

    /// Shows the device node at the file `target`, and verifies that a user of the target meets it.
    func bindNode(of device: Device, to target: HostPath, readOnly: Bool) throws(VolumeFault)

    /// Takes the top mount off the path; never lazily, never by force.
    ///
    /// - Throws: `notNow` while it is busy.
    func unmount(_ path: HostPath) throws(VolumeFault)

    /// The note of a volume, empty if there is none.
    func note(of id: VolumeID) throws(VolumeFault) -> StagingNote

    /// Keeps the note of a volume; an empty one is forgotten.
    func keep(_ note: StagingNote, of id: VolumeID) throws(VolumeFault)

    /// The same for a volume that is taken down, which waits for no note: a failure is only logged.
    func keepIfPossible(_ note: StagingNote, of id: VolumeID)

    /// Does something that helps and that nothing waits for long, as it needs a pool; a failure is only logged.
    func attempt(_ step: String, _ body: @escaping @Sendable () throws(VolumeFault) -> Void)

    /// The inline volume of that handle by the notes of this node, which other drivers may share: one of a pool that is
    /// served, else one that is noted at the target.
    func inlineVolume(_ handle: InlineHandle, at target: HostPath?) throws(VolumeFault) -> VolumeID?

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

/// What a volume is locked for.
package enum LockPurpose: Sendable {
    /// To be staged, published or changed.
    case work
    /// To be taken down, which needs the kernel alone.
    case takeDown
    /// To be tidied up, which somebody else's work on it is not waited for.
    case tidyUp
}

/// What is left of a volume that is to be taken down.
package struct Remains: Sendable {
    /// What the kernel shows.
    package var view: VolumeOnNode
    /// What the driver noted, as far as that can be read.
    package var note: StagingNote

    /// Puts the two together.
    package init(view: VolumeOnNode, note: StagingNote) {
        self.view = view
        self.note = note
    }
}

/// Asks whether the driver is fit for work: true, false while it is starting, or a fault that says what is missing.
package typealias ReadinessCheck = @Sendable () throws(VolumeFault) -> Bool
