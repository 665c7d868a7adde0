import LinuxHost
import Volumes

extension PoolCheck {
    /// What is wrong with the devices of a volume.
    func devices(of volume: PoolObject<VolumeRecord>, _ name: String) -> [PoolFinding] {
        let found = node.attachments(of: volume.imageFile)
        guard let first = found.first, let image = volume.imageFile else { return [] }
        let paths = found.map(\.device.path).joined(separator: ", ")
        var findings: [PoolFinding] = []
        if found.count > 1 {
            findings.append(
                PoolFinding(
                    .attachedTwice, name, "its image is attached more than once: \(paths)",
                    remedy:
                        "end what uses them and detach those that somebody attached by hand (losetup --detach)"
                ))
        }
        // Without all locks of the machine in view nobody can tell whose the device is.
        if node.locks.areComplete, let filesystem = filesystemNumber(of: volume.folder),
            !node.locks.hold(inode: image.identity.inode, on: filesystem)
        {
            findings.append(
                PoolFinding(
                    .attachedByHand, name,
                    "\(paths) holds no lock of it, so no driver attached it",
                    remedy: "end what uses it and detach it (losetup --detach)"))
        }
        if first.status.sizeBytes > image.sizeBytes {
            findings.append(
                PoolFinding(
                    .deviceLarger, name,
                    "\(first.device) has \(first.status.sizeBytes) bytes, its image only \(image.sizeBytes)",
                    remedy: "unstage it; what is behind the end of the image cannot be written"))
        } else if first.status.sizeBytes < image.sizeBytes {
            findings.append(
                PoolFinding(
                    .deviceSmaller, name,
                    "\(first.device) has \(first.status.sizeBytes) bytes, its image \(image.sizeBytes) already",
                    remedy: "nothing; NodeExpandVolume or the next stage lets it grow"))
        }
        return findings
    }

    /// Devices that carry a file of this pool which is no volume's image.
    func devices() -> [PoolFinding] {
        let images = Set(volumes.compactMap { $0.imageFile?.identity })
        let cut = Set(snapshots.compactMap { $0.imageFile?.identity })
        return node.attachments.compactMap { found in
            let file = found.status.backing
            if cut.contains(file) {
                return PoolFinding(
                    .deviceOnSnapshot, found.device.path,
                    "it carries the image of a snapshot, \(found.status.backingPath)",
                    remedy: "detach it (losetup --detach); snapshots are not attached, but restored")
            }
            guard file.device == root.identity.device, !images.contains(file),
                isOurs(found.status.backingPath)
            else {
                return nil
            }
            return PoolFinding(
                .deviceWithoutVolume, found.device.path,
                "it carries \(found.status.backingPath), which is no volume's image any more",
                remedy: "end what uses it and detach it (losetup --detach), which gives its blocks back")
        }
    }

    /// The number under which the kernel's tables know the file system of a file.
    func filesystemNumber(of file: FileStatus) -> DeviceNumber? { node.mounts.mount(file.mountID)?.device }

    /// Whether the path that the kernel shows for a file leads into this pool.
    ///
    /// LIMIT: a driver in another mount namespace may have another path for the pool; what it leaves of a volume that
    /// is gone cannot be told from what others left.
    private func isOurs(_ backing: String) -> Bool {
        backing.withoutDeletedMark.hasPrefix("\(HostIdentity.resolved(pool.path) ?? pool.path)/")
    }
}
