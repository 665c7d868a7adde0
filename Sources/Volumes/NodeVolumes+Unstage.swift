extension NodeVolumes {
    /// Takes the volume off the staging path and its loop device away; a volume that is not staged, or not known
    /// any more, is no error.
    ///
    /// Needs the path, the mount table and the loop devices alone; whatever ails the pool keeps nothing.
    ///
    /// - Throws: `notNow` while it is still published, busy, covered or frozen, `operationPending`, `host`.
    package func unstage(_ id: VolumeID, at path: HostPath) throws(VolumeFault) {
        try exclusively(id, for: .takeDown) { () throws(VolumeFault) in
            let (view, note) = try remains(of: id, at: path)
            guard let device = view.device, !view.isByHand else {
                // Only by somebody's hand, or not attached any more: then nodes of the device may still be shown.
                try refuseWhilePublished(id, view, note)
                return view.device == nil ? forgetAll(of: id) : forget(path, note, of: id)
            }
            let staged = Set(note.staged.keys)
            let isHere = view.mount(at: path) != nil || staged.contains(path.text)
            // CSI 1.x, NodeUnstageVolume: not staged at that path is success; the volume may be staged elsewhere.
            guard isHere || (view.mounts.isEmpty && staged.isEmpty) else { return }
            if view.filesystemMounts.isEmpty, staged.count > (staged.contains(path.text) ? 1 : 0) {
                // A block volume behind two PVs has two staging paths; the device goes with the last of them.
                return forget(path, note, of: id)
            }
            try refuseWhilePublished(id, view, note)
            try refuseFrozen(id, view, note)
            try unmountAll(id, at: path, in: view)
            if let mount = try host.remains(of: id, at: path).view.filesystemMounts.first {
                throw .notNow("volume \(id) is still mounted at \(mount.path)")
            }
            try host.detach(device)
            forgetAll(of: id)
        }
    }

    /// Without a device nothing is staged or published, whatever a note says, or one that is torn cannot say.
    func forgetAll(of id: VolumeID) { host.keepIfPossible(StagingNote(), of: id) }

    private func refuseWhilePublished(
        _ id: VolumeID, _ view: VolumeOnNode, _ note: StagingNote
    ) throws(VolumeFault) {
        let targets = published(view, note)
        guard targets.isEmpty else {
            throw .notNow("volume \(id) is still published at \(targets.joined(separator: ", "))")
        }
    }

    private func forget(_ path: HostPath, _ note: StagingNote, of id: VolumeID) {
        guard note.staged[path.text] != nil else { return }
        var note = note
        note.staged[path.text] = nil
        host.keepIfPossible(note, of: id)
    }

    /// Target paths at which the kernel really shows the volume; a noted target whose mount is gone counts for
    /// nothing, and so does a mount that somebody else made.
    func published(_ view: VolumeOnNode, _ note: StagingNote) -> [String] {
        Set(view.mounts.map(\.path)).intersection(note.published.keys).sorted()
    }
}
