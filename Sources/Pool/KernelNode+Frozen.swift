import LinuxHost
import Synchronization
package import Volumes

extension KernelNode {
    package func refuseFrozen(
        _ id: VolumeID, _ view: VolumeOnNode, preferring paths: [String]
    ) throws(VolumeFault) {
        // Any mount tells of the whole file system; best one that nobody uses as his own, and that can be written to.
        let mounts = view.filesystemMounts.filter { paths.contains($0.path) } + view.filesystemMounts
        let choices = mounts.filter { !$0.isReadOnly } + mounts
        for mount in choices {
            guard let place = try place(of: mount) else { continue }
            let isFrozen = try isFrozen(place, id)
            frozenVolumes.withLock { if isFrozen { $0.insert(id) } else { $0.remove(id) } }
            guard !isFrozen else {
                throw .notNow(
                    "the file system of volume \(id) at \(mount.path) is frozen (fsfreeze), by a backup that is at work or "
                        + "has died; thaw it first: fsfreeze --unfreeze \(mount.path)")
            }
            return
        }
        frozenVolumes.withLock { _ = $0.remove(id) }
    }

    /// The root of a mount, if a user of its path meets it.
    private func place(of mount: VolumeMount) throws(VolumeFault) -> OwnedDescriptor? {
        guard let path = TargetPath(mount.path) else { return nil }
        do throws(SystemError) {
            let place = try path.openPlace()
            guard try place.status().mountID == mount.id else { return nil }
            return place
        } catch {
            guard error.errno.isShortage else { return nil }
            throw .host(step: "look at \(mount.path)", cause: "\(error)")
        }
    }

    private func isFrozen(
        _ place: borrowing OwnedDescriptor, _ id: VolumeID
    ) throws(VolumeFault) -> Bool {
        do throws(SystemError) {
            guard case .unclear = try place.lookWhetherFrozen() else { return false }
            // A kill in the middle leaves it frozen, for which the next start needs a note.
            let note = try FreezeNotes.write(id, isLook: true, FreezeNotes.Place(path: place.pathForMessages))
            let isFrozen = try place.isFrozenBySomebody()
            try note.remove()
            return isFrozen
        } catch {
            // Whatever was shut down is not to be thawed.
            if error.errno == .inputOutput { return false }
            throw .host(step: "look whether volume \(id) is frozen", cause: "\(error)")
        }
    }
}
