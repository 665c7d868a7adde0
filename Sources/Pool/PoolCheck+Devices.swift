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
    private func isOurs(_ backing: String) -> Bool {
        let path = backing.withoutDeletedMark
        if path.hasPrefix("\(HostIdentity.resolved(pool.path) ?? pool.path)/") { return true }
        // A driver in another mount namespace has another path for the pool, which leads nowhere here.
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 3, parts.last?[...] == PoolLayout.image[...],
            PoolLayout.folders.contains(String(parts[parts.count - 3]))
        else { return false }
        return !isVisible(parts.dropLast(3).joined(separator: "/"))
    }

    private func isVisible(_ folder: String) -> Bool {
        do {
            return try FileStatus.at("\(folder)/\(PoolLayout.identityFile)") != nil
        } catch {
            return false
        }
    }
}
