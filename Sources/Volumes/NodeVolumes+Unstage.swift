extension NodeVolumes {
    /// Takes the volume off the staging path and its loop device away; a volume that is not staged, or not known
    /// any more, is no error.
    ///
    /// - Throws: `notNow` while it is still published or busy, `operationPending`, `host`.
    package func unstage(_ id: VolumeID, at path: HostPath) throws(VolumeFault) {
        try exclusively(id) { () throws(VolumeFault) in
            let view = try observe(id)
            var note = try host.note(of: id)
            guard let device = view.device, try isOurs(id, view) else {
                // Nothing is attached, or only by somebody's hand; entries of the note are from before a reboot.
                return try forget(path, in: &note, of: id)
            }
            let staged = Set(note.staged.keys)
            let isHere = view.mount(at: path) != nil || staged.contains(path.text)
            // CSI 1.x, NodeUnstageVolume: not staged at that path is success; the volume may be staged elsewhere.
            guard isHere || (view.mounts.isEmpty && staged.isEmpty) else { return }
            if view.filesystemMounts.isEmpty, staged.count > (staged.contains(path.text) ? 1 : 0) {
                // A block volume behind two PVs has two staging paths; the device goes with the last of them.
                return try forget(path, in: &note, of: id)
            }
            try refuseWhilePublished(id, view, note)
            try unmountAll(id, at: path, in: view)
            if let mount = try observe(id).filesystemMounts.first {
                throw .notNow("volume \(id) is still mounted at \(mount.path)")
            }
            try host.detach(device)
            try forget(path, in: &note, of: id)
        }
    }

    /// Whether the device was made by a driver.
    ///
    /// One whose image was replaced in the pool holds the lock of the old one.
    private func isOurs(_ id: VolumeID, _ view: VolumeOnNode) throws(VolumeFault) -> Bool {
        if view.isOnOtherImage { return true }
        return try host.isLocked(id)
    }

    private func refuseWhilePublished(
        _ id: VolumeID, _ view: VolumeOnNode, _ note: StagingNote
    ) throws(VolumeFault) {
        let targets = published(view, note)
        guard targets.isEmpty else {
            throw .notNow("volume \(id) is still published at \(targets.joined(separator: ", "))")
        }
    }

    private func forget(_ path: HostPath, in note: inout StagingNote, of id: VolumeID) throws(VolumeFault) {
        guard note.staged.removeValue(forKey: path.text) != nil else { return }
        try host.keep(note, of: id)
    }

    /// Target paths at which the kernel really shows the volume; a noted target whose mount is gone counts for
    /// nothing, and so does a mount that somebody else made.
    func published(_ view: VolumeOnNode, _ note: StagingNote) -> [String] {
        Set(view.mounts.map(\.path)).intersection(note.published.keys).sorted()
    }
}
