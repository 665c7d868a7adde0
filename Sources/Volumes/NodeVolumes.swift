/// The volumes of this node between stage and unstage: what the Node service stands on.
///
/// Nothing is remembered here; each call looks at what the kernel shows and does what is missing.
package final class NodeVolumes: Sendable {
    let catalog: Catalog
    let host: any NodeHost

    /// Works on the volumes of the catalog, through the host.
    package init(catalog: Catalog, host: any NodeHost) {
        self.catalog = catalog
        self.host = host
    }

    /// Runs the body as the only operation on a volume, of this driver and of any other one on the node, such as the one
    /// that follows it in an upgrade.
    func exclusively<Result>(
        _ id: VolumeID, for purpose: LockPurpose = .work, mayWait: Bool = true,
        _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try catalog.inFlight.withExclusive(id.name, mayWait: mayWait) { () throws(VolumeFault) in
            try host.withLock(of: id, purpose, body)
        }
    }

    func observe(_ id: VolumeID) throws(VolumeFault) -> VolumeOnNode {
        guard let view = try host.observe([id]).first else {
            throw .host(step: "observe volume \(id)", cause: "the host showed nothing")
        }
        return view
    }

    func usage(_ capability: VolumeCapability, readOnly: Bool) throws(VolumeFault) -> Usage {
        let flags = capability.mountFlags
        return Usage(
            mode: capability.mode, isReadOnly: readOnly, flagsDigest: host.digest(flags),
            filesystemDigest: try host.filesystemDigest(flags))
    }

    /// Unmounts every mount of the volume that the view shows stacked at the path, and verifies that a user of the path
    /// meets none of them any more; mounts of others are left alone.
    func unmountAll(_ id: VolumeID, at path: HostPath, in view: VolumeOnNode) throws(VolumeFault) {
        var left = Set(view.mounts.filter { $0.path == path.text }.map(\.id))
        while !left.isEmpty {
            guard let met = try host.mountID(at: path), left.remove(met) != nil else {
                throw .notNow(
                    "\(path) is covered by \(try host.obstacle(at: path)), which is not the volume's; unmount that first"
                )
            }
            try host.unmount(path)
        }
    }

    /// What is mounted at the path, as a user of it meets it, besides the volume; in words.
    func foreignMount(at path: HostPath, besides view: VolumeOnNode) throws(VolumeFault) -> String? {
        guard let met = try host.mountID(at: path), !view.mounts.contains(where: { $0.id == met }) else {
            return nil
        }
        return try host.obstacle(at: path)
    }

    /// Refuses to use a file system that serves nobody: made read-only by an error, or frozen.
    func refuseUnfit(
        _ id: VolumeID, _ view: VolumeOnNode, _ note: StagingNote
    ) throws(VolumeFault) {
        guard let device = view.device, let mount = view.filesystemMounts.first else { return }
        let asked = note.staged.isEmpty ? note.published : note.staged
        guard !view.isFilesystemReadOnly || device.isReadOnly || asked.values.contains(where: \.isReadOnly)
        else {
            throw .notNow(
                "the file system of volume \(id) at \(mount.path) became read-only, as the kernel makes it after an error; "
                    + "unpublish and unstage the volume (end its pods) and stage it again, which has it checked"
            )
        }
        try refuseFrozen(id, view, note)
    }

    /// Refuses to touch the mounts of a frozen file system: the last of them takes the way to thaw it along.
    func refuseFrozen(_ id: VolumeID, _ view: VolumeOnNode, _ note: StagingNote) throws(VolumeFault) {
        guard !view.filesystemMounts.isEmpty else { return }
        try host.refuseFrozen(id, view, preferring: Array(note.staged.keys))
    }

    /// The same with a fresh view, for undoing what a failed call did.
    func unmountAll(_ id: VolumeID, at path: HostPath) throws(VolumeFault) {
        try unmountAll(id, at: path, in: try observe(id))
    }
}

extension VolumeCapability {
    var mountFlags: MountFlags {
        switch access {
        case .block: MountFlags([])
        case .mount(_, let flags): flags
        }
    }

    /// True where the capability alone makes the use read-only.
    var isReadOnly: Bool { mode.isReadOnly || mountFlags.contains(anyOf: ["ro"]) }
}

extension NodeVolumes {
    /// Verifies that a pool of this node holds the volume.
    ///
    /// - Throws: `missing`.
    package func verifyExists(_ id: VolumeID) throws(VolumeFault) { _ = try catalog.volume(id) }
}
