import LinuxHost
package import Volumes

extension KernelNode {
    /// An hour; the caller's deadline is shorter, and its repeats are told that the check is still running.
    private static let checkDeadlineSeconds = 3600.0

    package func prepareFilesystem(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) {
        // The journals of XFS and btrfs are replayed by the mount; ext4 notes errors for e2fsck.
        guard kind == .ext4, let superblock = try superblock(of: device) else { return }
        if superblock.hasErrors { try checkExt4(device, ["-p"]) }
    }

    package func isReadable(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) -> Bool {
        do {
            try mountUnseen(kind, device, readOnly: true)
            return true
        } catch {
            // Ext4 and XFS answer EROFS, btrfs EIO (Linux 6.18); where it was something else the replay tells.
            return false
        }
    }

    package func replayLog(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) {
        try VolumeFault.onHost("replay the log of \(kind.rawValue) on \(device)") { () throws(SystemError) in
            try mountUnseen(kind, device, readOnly: false)
        }
    }

    private func mountUnseen(
        _ kind: FilesystemKind, _ device: Device, readOnly: Bool
    ) throws(SystemError) {
        try Mounting.mountUnseen(device: try device.loop(), kind, readOnly: readOnly)
    }

    /// - Throws: `setAside` where a person has to repair it, `host` where the check could not be made.
    func checkExt4(_ device: Device, _ flags: [String]) throws(VolumeFault) {
        let step = "check ext4 on \(device)"
        let result = try Tool.onHost("e2fsck", flags + [device.path], step, Self.checkDeadlineSeconds)
        // e2fsck(8): 1 corrected, 2 of no meaning for what is not mounted, 4 left uncorrected; 8 and more are troubles of
        // the program.
        guard result.exitStatus & ~3 != 0 else { return }
        let cause = result.complaint(of: "e2fsck")
        guard result.exitStatus & 4 != 0 else { throw .host(step: step, cause: cause) }
        throw .setAside(
            what: "the ext4 on \(device)", why: "it is damaged, and a person must run e2fsck: \(cause)")
    }

    package func usage(at path: HostPath) throws(VolumeFault) -> VolumeUsage {
        let space = try VolumeFault.onHost("examine \(path)") { () throws(SystemError) in
            try FilesystemSpace.at(path.text)
        }
        return VolumeUsage(space)
    }

    func superblock(of device: Device) throws(VolumeFault) -> Superblock? {
        try VolumeFault.onHost("read the superblock of \(device)") { () throws(SystemError) in
            try Superblock.read(try OwnedDescriptor.open(device.path, .readOnly))
        }
    }
}

extension VolumeUsage {
    /// The fill of a file system as it tells it.
    init(_ space: FilesystemSpace) {
        self.init(
            bytes: .init(
                total: space.totalBytes, used: space.totalBytes - space.freeBytes,
                available: space.availableBytes),
            inodes: .init(
                total: space.totalInodes, used: space.totalInodes - space.freeInodes,
                available: space.freeInodes))
    }
}
