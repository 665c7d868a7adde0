/// The kernel of the node as the domain needs it.
///
/// Callers hold the volume's `InFlight` key for calls that change it.
package protocol NodeHost: Sendable {
    /// Verifies that the node has what volumes need: loop devices and the file system tools.
    ///
    /// - Throws: `notNow` naming what is missing and the remedy.
    func check() throws(VolumeFault)

    /// Runs the body while drivers in other processes keep off the volume; one without a record needs no lock.
    ///
    /// - Throws: `operationPending` where another driver is at work on it, and what the body throws.
    func withLock<Result>(
        of id: VolumeID, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result

    /// What the kernel shows of the volumes; works also for those whose record is gone. Order and count as asked.
    func observe(_ ids: [VolumeID]) throws(VolumeFault) -> [VolumeOnNode]

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

    /// Makes a file system ready to be mounted: repairs what is safe to repair where it is due, and grows it to the
    /// device if that is not possible once it is mounted.
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
