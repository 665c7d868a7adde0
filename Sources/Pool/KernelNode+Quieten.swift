import LinuxHost
import Log
import Synchronization
package import Volumes

extension KernelNode: Quieter {
    package func quieten(
        _ volume: VolumeRecord, _ consistency: Consistency, expectedSeconds: Double?,
        _ copying: Copying
    ) throws(VolumeFault) {
        guard let view = try observe([volume.id]).first, let device = view.writableDevice else {
            let image = try unused(volume.id)
            defer { withExtendedLifetime(image) {} }
            return try copying { true }
        }
        if consistency == .frozen { try refuseBroken(volume.id, view) }
        try flush(device)
        if let mount = view.writableMount {
            // Copying while others write gives the state of no moment at all, so there even `crash` needs a freeze.
            guard consistency == .frozen || expectedSeconds != nil else { return try copying { true } }
            try refuseLongFreeze("volume \(volume.id)", expectedSeconds ?? 0)
            return try whileFrozen([MountedVolume(id: volume.id, device: device, path: mount.path)], copying)
        }
        guard expectedSeconds == nil || !view.isRawDiskInUse else {
            throw .notNow(
                "block volume \(volume.id) is in use and the pool can only copy it bit by bit, which would mix old and "
                    + "new writes; unpublish it first, or put the pool on XFS or btrfs")
        }
        try copying { true }
    }

    package func quieten(
        group volumes: [VolumeRecord], expectedSeconds: Double?, _ copying: Copying
    ) throws(VolumeFault) {
        let views = try observe(volumes.map(\.id))
        var mounted: [MountedVolume] = []
        var devices: [Device] = []
        var images: [UnusedImage] = []
        defer { withExtendedLifetime(images) {} }
        for (volume, view) in zip(volumes, views) {
            guard let device = view.writableDevice else {
                images.append(try unused(volume.id))
                continue
            }
            try refuseBroken(volume.id, view)
            devices.append(device)
            if let mount = view.writableMount {
                mounted.append(MountedVolume(id: volume.id, device: device, path: mount.path))
            } else if view.isRawDiskInUse {
                throw .notNow(
                    "block volume \(volume.id) is in use, and writes to a raw disk cannot be held back while the others of "
                        + "the group are copied; unpublish it first, or leave it out of the group")
            }
        }
        if !mounted.isEmpty { try refuseLongFreeze("the group", expectedSeconds ?? 0) }
        for device in devices { try flush(device) }
        try whileFrozen(mounted, copying)
    }

    /// A pod that has just ended may have left its last writes in the cache of the device.
    private func flush(_ device: Device) throws(VolumeFault) {
        try VolumeFault.onHost("flush \(device)") { () throws(SystemError) in
            try OwnedDescriptor.open(device.path, .readOnly).sync()
        }
    }

    /// Nothing is mounted read-only on a writable device but what the kernel found in error, or somebody remounted.
    private func refuseBroken(_ id: VolumeID, _ view: VolumeOnNode) throws(VolumeFault) {
        guard view.isFilesystemReadOnly, !view.filesystemMounts.isEmpty else { return }
        throw .notNow(VolumeFault.broken("freeze volume \(id)", "its file system became read-only"))
    }

    private func refuseLongFreeze(_ what: String, _ expectedSeconds: Double) throws(VolumeFault) {
        guard expectedSeconds > freezeLimitSeconds / 2 else { return }
        throw .notNow(
            "copying \(what) would take about \(Int(expectedSeconds.rounded(.up))) seconds and mounted file systems may "
                + "be frozen for \(Int(freezeLimitSeconds)) only; unmount what is mounted, or put the pool on XFS or "
                + "btrfs, where a copy takes no time")
    }

    /// All are frozen before the copying begins, and none is thawed before it ends.
    private func whileFrozen(
        _ volumes: [MountedVolume], _ copying: Copying
    ) throws(VolumeFault) {
        guard !volumes.isEmpty else { return try copying { true } }
        var targets: [FreezeTarget] = []
        var notes: [FreezeNotes.Written] = []
        defer { notes.forEach(forget) }
        for volume in volumes {
            let folder = try opened(volume)
            notes.append(try noted(volume))
            targets.append(FreezeTarget(volume.id, folder, freezes))
        }
        let held = targets
        frozen.withLock { $0 += held }
        defer { frozen.withLock { all in all.removeAll { one in held.contains { $0 === one } } } }
        var fault: VolumeFault?
        let wasInTime = try FreezeWatchdog.holding(targets, seconds: freezeLimitSeconds) { holds in
            do throws(VolumeFault) {
                try copying(holds)
            } catch {
                fault = error
            }
        }
        guard wasInTime else {
            throw .notNow(
                "copying took longer than the \(Int(freezeLimitSeconds)) seconds that a file system may be frozen for"
            )
        }
        if let fault { throw fault }
    }

    /// The root of the mount.
    private func opened(_ volume: MountedVolume) throws(VolumeFault) -> OwnedDescriptor {
        do throws(SystemError) {
            return try verified(volume.path, volume.device.loop())
        } catch {
            throw .whileFreezing("freeze volume \(volume.id)", error)
        }
    }

    private func noted(_ volume: MountedVolume) throws(VolumeFault) -> FreezeNotes.Written {
        try VolumeFault.onHost("note the freeze of volume \(volume.id)") { () throws(SystemError) in
            try FreezeNotes.write(volume.id, .init(path: volume.path, device: volume.device))
        }
    }

    private func forget(_ note: FreezeNotes.Written) {
        do {
            try note.remove()
        } catch {
            log.warning("note of a freeze stays", (.error, "\(error)"))
        }
    }

    /// Thaws what calls hold frozen that outlast the server's patience; their copies fail.
    package func thawHeld() {
        for target in frozen.withLock({ $0 }) { target.end(isExpired: true) }
    }

    /// A descriptor of the mount, after a look that it is the device's mount and nothing that was put over it.
    private func verified(_ path: String, _ device: LoopDevice) throws(SystemError) -> OwnedDescriptor {
        let folder = try OwnedDescriptor.open(path, .readOnly)
        let mountID = try folder.status().mountID
        let mounts = try MountTable.read().mounts(of: device)
        guard mounts.contains(where: { $0.id == mountID }) else {
            throw SystemError(call: "find mount", errno: .noEntry, object: path)
        }
        return folder
    }
}

/// A volume with a writable mount, and the place where it is frozen.
private struct MountedVolume {
    let id: VolumeID
    let device: Device
    let path: String
}

extension VolumeOnNode {
    /// The device, unless nobody can have written through it.
    fileprivate var writableDevice: Device? { device.flatMap { $0.isReadOnly ? nil : $0 } }

    /// A mount of the volume's file system, unless that is read-only.
    fileprivate var writableMount: VolumeMount? { isFilesystemReadOnly ? nil : filesystemMounts.first }

    /// True where a workload can write to the device itself.
    fileprivate var isRawDiskInUse: Bool { !nodeMounts.allSatisfy(\.isReadOnly) }
}
