import LinuxHost
import Log
package import Volumes

extension KernelNode: Quieter {
    package func quieten(
        _ volume: VolumeRecord, _ consistency: Consistency, expectedSeconds: Double?,
        _ copying: () throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        guard let view = try observe([volume.id]).first, let device = view.device, !device.isReadOnly else {
            return try copying()
        }
        // A pod that has just ended may have left its last writes in the cache of the device.
        try VolumeFault.onHost("flush \(device)") { () throws(SystemError) in
            try OwnedDescriptor.open(device.path, .readOnly).sync()
        }
        if let mount = view.filesystemMounts.first, !view.isFilesystemReadOnly {
            // Copying while others write gives the state of no moment at all, so there even `crash` needs a freeze.
            guard consistency == .frozen || expectedSeconds != nil else { return try copying() }
            try refuseLongFreeze(volume.id, expectedSeconds ?? 0)
            return try whileFrozen(volume.id, device, mount.path, copying)
        }
        guard expectedSeconds == nil || view.nodeMounts.allSatisfy(\.isReadOnly) else {
            throw .notNow(
                "block volume \(volume.id) is in use and the pool can only copy it bit by bit, which would mix old and "
                    + "new writes; unpublish it first, or put the pool on XFS or btrfs")
        }
        try copying()
    }

    private func refuseLongFreeze(_ id: VolumeID, _ expectedSeconds: Double) throws(VolumeFault) {
        guard expectedSeconds > freezeLimitSeconds / 2 else { return }
        throw .notNow(
            "copying volume \(id) would take about \(Int(expectedSeconds.rounded(.up))) seconds and its file system may "
                + "be frozen for \(Int(freezeLimitSeconds)) only; unmount it, or put the pool on XFS or btrfs, where "
                + "a copy takes no time")
    }

    private func whileFrozen(
        _ id: VolumeID, _ device: Device, _ path: String, _ copying: () throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        let step = "freeze volume \(id)"
        let folder = try VolumeFault.onHost(step) { () throws(SystemError) in
            let folder = try verified(path, device.loop())
            try FreezeNotes.write(id, path)
            return folder
        }
        defer { forgetFreeze(id) }
        var fault: VolumeFault?
        let wasInTime: Bool
        var frozenSince: Int64?
        defer {
            if let frozenSince { freezes.note(since: frozenSince, atMostSeconds: freezeLimitSeconds) }
        }
        do throws(SystemError) {
            wasInTime = try FreezeWatchdog.holding(folder, seconds: freezeLimitSeconds) {
                frozenSince = Clock.monotonicNanoseconds
                do throws(VolumeFault) {
                    try copying()
                } catch {
                    fault = error
                }
            }
        } catch {
            guard error.errno == .busy else { throw .host(step: step, cause: "\(error)") }
            throw .notNow(
                "\(step): another program keeps its file system frozen; thaw it (fsfreeze --unfreeze)")
        }
        if let fault { throw fault }
        guard wasInTime else {
            throw .notNow(
                "\(step): copying took longer than the \(Int(freezeLimitSeconds)) seconds that it may be frozen for"
            )
        }
    }

    private func forgetFreeze(_ id: VolumeID) {
        do {
            try FreezeNotes.remove(id)
        } catch {
            log.warning("note of a freeze stays", (.volumeID, "\(id)"), (.error, "\(error)"))
        }
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

    /// Thaws what a driver that was killed had frozen; to be called before anything is served.
    package func thawLeftovers() {
        do {
            for (id, path) in try FreezeNotes.all() where pools[id.pool] != nil { thaw(id, path) }
        } catch {
            log.warning("notes of freezes cannot be read", (.error, "\(error)"))
        }
    }

    private func thaw(_ id: VolumeID, _ path: String) {
        do {
            if let device = try observe([id]).first?.device {
                try verified(path, device.loop()).thawFilesystem()
                log.warning("thawed a volume that was left frozen", (.volumeID, "\(id)"), (.path, path))
            }
        } catch {
            // EINVAL says that it is not frozen (any more), which is what was wanted.
            log.info("nothing to thaw", (.volumeID, "\(id)"), (.path, path), (.error, "\(error)"))
        }
        forgetFreeze(id)
    }
}
