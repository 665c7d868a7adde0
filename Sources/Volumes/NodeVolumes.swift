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
        _ id: VolumeID, mayWait: Bool = true, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try catalog.inFlight.withExclusive(id.name, mayWait: mayWait) { () throws(VolumeFault) in
            try host.withLock(of: id, body)
        }
    }

    func observe(_ id: VolumeID) throws(VolumeFault) -> VolumeOnNode {
        guard let view = try host.observe([id]).first else {
            throw .host(step: "observe volume \(id)", cause: "the host showed nothing")
        }
        return view
    }

    func usage(_ capability: VolumeCapability, readOnly: Bool) -> Usage {
        let flags = capability.mountFlags
        return Usage(mode: capability.mode, isReadOnly: readOnly, flagsDigest: host.digest(flags))
    }

    /// Unmounts every mount of the volume that the view shows stacked at the path; mounts of others are left alone.
    func unmountAll(_ id: VolumeID, at path: HostPath, in view: VolumeOnNode) throws(VolumeFault) {
        for _ in view.mounts.filter({ $0.path == path.text }) {
            if case .foreignMount(let what) = try host.occupant(of: path, besides: id) {
                throw .notNow("\(path) is covered by \(what), which is not the volume's; unmount that first")
            }
            try host.unmount(path)
        }
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
