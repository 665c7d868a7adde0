import LinuxHost
import Synchronization
package import Volumes

extension KernelNode {
    package func troubles(
        of record: VolumeRecord, _ view: VolumeOnNode
    ) throws(VolumeFault) -> [String] {
        let note = try note(of: record.id)
        return Self.troubles(of: view, note) + (try covers(of: view, note)) + (try freezes(record.id, view))
            + shortfalls(of: record, view)
    }

    /// The volumes of a pool that are staged or published here and have a trouble that the kernel shows.
    ///
    /// One that cannot be looked at is told as that, and hides no other.
    package func abnormalVolumes(of pool: PoolID) throws(VolumeFault) -> [AbnormalVolume] {
        let noted = try StagedNotes.names { VolumeID(String($0))?.pool == pool }
            .compactMap { VolumeID(String($0.prefix { $0 != StagedNotes.nodeMark })) }
        let ids = Set(noted).sorted { "\($0)" < "\($1)" }
        return zip(ids, try observe(ids)).compactMap { id, view in
            let troubles: [String]
            do throws(VolumeFault) {
                let note = try note(of: id)
                troubles =
                    Self.troubles(of: view, note) + (try covers(of: view, note)) + (try freezes(id, view))
            } catch {
                troubles = [error.summary]
            }
            return troubles.isEmpty ? nil : AbnormalVolume(id: id, troubles: troubles)
        }
    }

    /// What hides a staged volume from whoever looks at its path.
    private func covers(of view: VolumeOnNode, _ note: StagingNote) throws(VolumeFault) -> [String] {
        var troubles: [String] = []
        for mount in view.mounts where note.staged[mount.path] != nil || note.published[mount.path] != nil {
            let path = try HostPath(mount.path, field: "mount")
            let met = try mountID(at: path)
            let isOurs = view.mounts.contains { $0.path == mount.path && $0.id == met }
            // It may have been taken down meanwhile, which is no cover.
            guard !isOurs, try mountTable().mounts.contains(where: { $0.id == mount.id }) else { continue }
            troubles.append("\(path) is covered by \(try obstacle(at: path))")
        }
        return troubles
    }

    /// A freeze that a call met; looked for again, as long as it lasts, and forgotten then.
    ///
    /// Nobody else is looked at: the look writes a time of access, which would wake disks whenever somebody asks.
    private func freezes(_ id: VolumeID, _ view: VolumeOnNode) throws(VolumeFault) -> [String] {
        guard frozenVolumes.withLock({ $0.contains(id) }) else { return [] }
        do throws(VolumeFault) {
            try refuseFrozen(id, view, preferring: [])
            return []
        } catch .notNow(let why) {
            return [why]
        }
    }

    /// The same for a view and a note that were read before.
    static func troubles(of view: VolumeOnNode, _ note: StagingNote) -> [String] {
        guard let device = view.device else {
            // Staged by the note, but no device carries the image: so it is after a reboot, or when it was taken away.
            return note.staged.isEmpty ? [] : ["its loop device is gone; it has to be staged again"]
        }
        var troubles: [String] = []
        if view.isOnOtherImage { troubles.append("\(device) carries another file than the volume's image") }
        // An inline volume is mounted at its target, so what is noted of that is how it was asked for.
        let asked = note.staged.isEmpty ? note.published : note.staged
        if view.isFilesystemReadOnly, !device.isReadOnly, !asked.values.contains(where: \.isReadOnly) {
            troubles.append("the kernel made the file system read-only")
        }
        let name = "loop\(device.number)"
        if let text = TextFile.read("/sys/fs/ext4/\(name)/errors_count", limitBytes: 64),
            let count = Int64(text), count > 0
        {
            troubles.append("ext4 counted \(count) errors; unmount it and have it checked")
        }
        // A file system that was shut down (XFS) or lost its device answers every look with EIO.
        if let mount = view.filesystemMounts.first, let fault = unreachable(mount.path) {
            troubles.append(fault)
        }
        return troubles
    }

    private static func unreachable(_ path: String) -> String? {
        do {
            // Opening reaches the file system; XFS still tells its space from memory after a shutdown.
            _ = try Directory.open(path)
            return nil
        } catch {
            return "the file system does not answer: \(error.errno.name)"
        }
    }
}
