import LinuxHost
import Log
import Synchronization
package import Volumes

extension KernelNode {
    private static let growDeadlineSeconds = 100.0

    private static let retry = "a growth did not end; NodeExpandVolume or the next stage repeats it"

    package func growsMounted(_ kind: FilesystemKind) -> Bool {
        kind != .ext4 || HostIdentity.mayGrowMountedExt4
    }

    package func growUnmounted(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) -> Bool {
        let step = "grow \(kind.rawValue) on \(device)"
        guard kind == .ext4, let goal = try goal(of: device, step) else { return false }
        // resize2fs(8) wants a full check before it touches a file system that is not mounted.
        try checkExt4(device, ["-f", "-p"])
        try run("resize2fs", Self.resize2fs(device, goal), step)
        return true
    }

    package func growFilesystem(
        _ kind: FilesystemKind, on device: Device, at path: HostPath
    ) throws(VolumeFault) -> Bool {
        let step = "grow \(kind.rawValue) at \(path)"
        guard let goal = try goal(of: device, step) else { return false }
        guard growsMounted(kind) else {
            throw .notNow(
                "\(step): Linux wants CAP_SYS_RESOURCE for growing a mounted ext4, which the driver lacks; "
                    + "run it privileged, or stage the volume again, which grows it")
        }
        switch kind {
        case .ext4: try run("resize2fs", Self.resize2fs(device, goal), step)
        case .xfs: try run("xfs_growfs", ["-D", "\(goal.bytes / goal.unitBytes)", path.text], step)
        case .btrfs: try run("btrfs", ["filesystem", "resize", "max", path.text], step)
        }
        return true
    }

    package func remember(_ failure: VolumeFault?, growing device: Device) {
        if let failure {
            log.warning(
                "the file system is used at the size that it has, as it cannot grow",
                (.path, device.path), (.error, failure.summary))
        }
        failedGrowths.withLock {
            $0[device.number] = failure.map { (device.file, $0.summary) }
        }
    }

    package func failedToGrow(_ device: Device) -> Bool { reasonNotToGrow(device) != nil }

    private func reasonNotToGrow(_ device: Device) -> String? {
        failedGrowths.withLock { failures in
            failures[device.number].flatMap { $0.file == device.file ? $0.why : nil }
        }
    }

    /// A size to grow to, where there is something to gain.
    private func goal(of device: Device, _ step: String) throws(VolumeFault) -> Goal? {
        guard let superblock = try superblock(of: device) else {
            throw .host(step: step, cause: "\(device) holds no file system that can be read")
        }
        let bytes = superblock.geometry.size(on: try size(of: device).bytes)
        guard superblock.filesystemBytes < bytes else { return nil }
        return Goal(bytes: bytes, unitBytes: superblock.geometry.unitBytes)
    }

    private struct Goal {
        let bytes: Int64
        let unitBytes: Int64
    }

    private static func resize2fs(_ device: Device, _ goal: Goal) -> [String] {
        // resize2fs(8): the letter stands for units of 1024 bytes.
        [device.path, "\(goal.bytes / 1024)K"]
    }

    private func run(_ program: String, _ arguments: [String], _ step: String) throws(VolumeFault) {
        let result = try Tool.onHost(program, arguments, step, Self.growDeadlineSeconds)
        guard result.exitStatus == 0 else {
            throw .host(step: step, cause: result.complaint(of: program))
        }
    }

    /// What a mounted volume lacks of its size, a sentence each.
    ///
    /// From the image and the mounts alone, so that a driver that was started anew says the same.
    func shortfalls(of record: VolumeRecord, _ view: VolumeOnNode) -> [String] {
        guard case .filesystem(let kind) = record.kind, !view.isOnOtherImage,
            let device = view.device, !device.isReadOnly, let mount = view.filesystemMounts.first,
            let pool = pools[record.id.pool]
        else { return [] }
        do {
            // By the file and by sysfs: whoever opens a device keeps it from being detached.
            guard let sectors = TextFile.read("/sys/block/loop\(device.number)/size").flatMap({ Int64($0) }),
                let superblock = try Superblock.read(
                    try pool.openImage(of: .volume(record.id), "look at volume \(record.id)"))
            else { return [] }
            let (have, bytes) = (superblock.filesystemBytes, sectors * 512)
            let largest = superblock.geometry.largestBytes
            if have < superblock.geometry.size(on: bytes) {
                // A superblock on disk lags behind a mounted file system; its own size tells.
                let counted = try FilesystemSpace.at(mount.path).totalBytes
                guard counted + superblock.geometry.logBytes <= have else { return [] }
                // Where a mounted one cannot grow it waits for its next stage, and that is no trouble.
                guard let why = reasonNotToGrow(device) ?? (growsMounted(kind) ? Self.retry : nil) else {
                    return []
                }
                return ["its \(kind.rawValue) has \(have) of \(bytes) bytes: \(why)"]
            }
            guard largest < bytes else { return [] }
            return [
                "its \(kind.rawValue) can have no more than \(largest) of its \(bytes) bytes; "
                    + "copy the files to a new volume of the size wanted"
            ]
        } catch {
            // A pool that does not answer is a trouble of its own.
            return []
        }
    }
}
