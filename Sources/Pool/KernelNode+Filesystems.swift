import LinuxHost
package import Volumes

extension KernelNode {
    /// An hour; the caller's deadline is shorter, and its repeats are told that the check is still running.
    private static let checkDeadlineSeconds = 3600.0
    private static let growDeadlineSeconds = 100.0

    package func growsMounted(_ kind: FilesystemKind) -> Bool {
        kind != .ext4 || HostIdentity.mayGrowMountedExt4
    }

    package func prepareFilesystem(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) {
        // The journals of XFS and btrfs are replayed by the mount; ext4 notes errors for e2fsck.
        guard kind == .ext4, let superblock = try superblock(of: device) else { return }
        if superblock.hasErrors { try checkExt4(device, ["-p"]) }
        guard !growsMounted(kind), superblock.filesystemBytes < (try size(of: device).bytes) else { return }
        // resize2fs(8) wants a full check before it touches a file system that is not mounted.
        try checkExt4(device, ["-f", "-p"])
        let step = "grow ext4 on \(device)"
        let result = try Tool.onHost("resize2fs", [device.path], step, Self.growDeadlineSeconds)
        guard result.exitStatus == 0 else {
            throw .host(step: step, cause: result.complaint(of: "resize2fs"))
        }
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
        // Copies of one XFS share a UUID.
        try Mounting.mountUnseen(
            device: try device.loop(), type: kind.rawValue, flag: kind == .xfs ? "nouuid" : nil,
            readOnly: readOnly)
    }

    private func checkExt4(_ device: Device, _ flags: [String]) throws(VolumeFault) {
        let step = "check ext4 on \(device)"
        let result = try Tool.onHost("e2fsck", flags + [device.path], step, Self.checkDeadlineSeconds)
        // e2fsck(8): 0 clean, 1 corrected; 4 and more need a person.
        guard result.exitStatus <= 1 else {
            throw .host(step: step, cause: "a person must run e2fsck: \(result.complaint(of: "e2fsck"))")
        }
    }

    package func growFilesystem(
        _ kind: FilesystemKind, on device: Device, at path: HostPath
    ) throws(VolumeFault) -> Bool {
        let step = "grow \(kind.rawValue) at \(path)"
        let size = try size(of: device)
        guard let superblock = try superblock(of: device) else {
            throw .host(step: step, cause: "\(device) holds no file system that can be read")
        }
        guard superblock.filesystemBytes < size.bytes else { return false }
        let (program, arguments): (String, [String]) =
            switch kind {
            case .ext4: ("resize2fs", [device.path])
            case .xfs: ("xfs_growfs", ["-d", path.text])
            case .btrfs: ("btrfs", ["filesystem", "resize", "max", path.text])
            }
        let result = try Tool.onHost(program, arguments, step, Self.growDeadlineSeconds)
        guard result.exitStatus == 0 else {
            guard growsMounted(kind) else {
                throw .notNow(
                    "\(step): Linux wants CAP_SYS_RESOURCE for growing a mounted ext4, which the driver lacks; "
                        + "run it privileged, or stage the volume again, which grows it")
            }
            throw .host(step: step, cause: result.complaint(of: program))
        }
        return true
    }

    package func usage(at path: HostPath) throws(VolumeFault) -> VolumeUsage {
        let space = try VolumeFault.onHost("examine \(path)") { () throws(SystemError) in
            try FilesystemSpace.at(path.text)
        }
        return VolumeUsage(space)
    }

    private func superblock(of device: Device) throws(VolumeFault) -> Superblock? {
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
