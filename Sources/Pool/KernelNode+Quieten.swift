import LinuxHost
import Log
package import Volumes

extension KernelNode: Quieter {
    package func quieten(
        _ volume: VolumeRecord, _ consistency: Consistency, expectedSeconds: Double,
        _ copying: () throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        guard let view = try observe([volume.id]).first, let device = view.device, !device.isReadOnly else {
            return try copying()
        }
        // A pod that has just ended may have left its last writes in the cache of the device.
        try VolumeFault.onHost("flush \(device)") { () throws(SystemError) in
            try OwnedDescriptor.open(device.path, .readWrite).sync()
        }
        guard consistency == .frozen, let mount = view.filesystemMounts.first, !view.isFilesystemReadOnly else {
            return try copying()
        }
        guard expectedSeconds < freezeLimitSeconds / 2 else {
            throw .notNow(
                "copying volume \(volume.id) would take about \(Int(expectedSeconds.rounded(.up))) seconds and its "
                    + "file system may be frozen for \(Int(freezeLimitSeconds)) only; unmount it, or put the pool on "
                    + "XFS or btrfs, where a copy takes no time")
        }
        try whileFrozen(volume.id, device, mount.path, copying)
    }

    private func whileFrozen(
        _ id: VolumeID, _ device: Device, _ path: String, _ copying: () throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        let step = "freeze volume \(id)"
        let folder = try VolumeFault.onHost(step) { () throws(SystemError) in try verified(path, device) }
        let watchdog = try VolumeFault.onHost(step) { () throws(SystemError) in
            try FreezeNotes.write(id, path)
            let watchdog = try FreezeWatchdog.start(path: path, seconds: freezeLimitSeconds)
            try watchdog.freeze(folder)
            return watchdog
        }
        var fault: VolumeFault?
        do throws(VolumeFault) {
            try copying()
        } catch {
            fault = error
        }
        let wasInTime = try VolumeFault.onHost(step) { () throws(SystemError) in
            let wasInTime = try watchdog.thaw(folder)
            try FreezeNotes.remove(id)
            return wasInTime
        }
        if let fault { throw fault }
        guard wasInTime else {
            throw .notNow(
                "\(step): copying took longer than the \(Int(freezeLimitSeconds)) seconds that it may be frozen for")
        }
    }

    /// A descriptor of the mount, after a look that it is the device's mount and nothing that was put over it.
    private func verified(_ path: String, _ device: Device) throws(SystemError) -> OwnedDescriptor {
        let folder = try OwnedDescriptor.open(path, .readOnly)
        let mountID = try folder.status().mountID
        let mounts = try MountTable.read().mounts(of: device.loop)
        guard mounts.contains(where: { $0.id == mountID }) else {
            throw SystemError(call: "find mount", errno: .noEntry, object: path)
        }
        return folder
    }

    /// Thaws what a driver that was killed had frozen; to be called before anything is served.
    package func thawLeftovers() {
        for (id, path) in FreezeNotes.all() where pools[id.pool] != nil {
            do {
                if let device = try observe([id]).first?.device {
                    try verified(path, device).thawFilesystem()
                    log.warning("thawed a volume that was left frozen", (.volumeID, "\(id)"), (.path, path))
                }
            } catch {
                // EINVAL says that it is not frozen (any more), which is what was wanted.
                log.info("nothing to thaw", (.volumeID, "\(id)"), (.path, path), (.error, "\(error)"))
            }
            do {
                try FreezeNotes.remove(id)
            } catch {
                log.warning("note of a freeze stays", (.volumeID, "\(id)"), (.error, "\(error)"))
            }
        }
    }
}
