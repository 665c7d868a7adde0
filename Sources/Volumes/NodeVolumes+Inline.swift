import Text

extension NodeVolumes {
    /// The volume that a handle of a Node call means: one of the controller's, or an inline one.
    ///
    /// Nothing where this driver minted no such handle and holds no such inline volume.
    ///
    /// - Throws: `setAside` where the pool that may hold the inline volume cannot be looked at.
    package func id(of handle: String) throws(VolumeFault) -> VolumeID? { try id(of: handle, at: nil) }

    private func id(of handle: String, at target: HostPath?) throws(VolumeFault) -> VolumeID? {
        if let id = VolumeID(handle) { return id }
        guard let inline = InlineHandle(handle) else { return nil }
        // By the node's note first: the pool that the volume is in, or another one, may be lost.
        if let id = try host.inlineVolume(inline, at: target) { return id }
        let found = try target == nil ? catalog.inlineVolume(inline) : patientLook(for: inline)
        guard let record = found.record else {
            if let unseen = found.unseen {
                throw .setAside(what: "inline volume \(inline)", why: unseen.summary)
            }
            return nil
        }
        return record.id
    }

    /// What the pools tell of it, as far as they answer soon: taking down waits for none.
    private func patientLook(
        for inline: InlineHandle
    ) throws(VolumeFault) -> (record: VolumeRecord?, unseen: VolumeFault?) {
        let found = Verdict<(record: VolumeRecord?, unseen: VolumeFault?)>()
        host.attempt("look for inline volume \(inline)") { [catalog] () throws(VolumeFault) in
            found.give(try catalog.inlineVolume(inline))
        }
        return found.given ?? (nil, .setAside(what: "its pool", why: "no pool tells of it in time"))
    }

    /// The same for a call that takes the volume off the target: what no pool tells, the kernel does.
    ///
    /// Nothing as well where nothing is mounted at the target; the volume is then deleted once its pool is back.
    package func id(of handle: String, leaving target: HostPath) throws(VolumeFault) -> VolumeID? {
        do throws(VolumeFault) {
            return try id(of: handle, at: target)
        } catch .setAside(let what, let why) {
            guard let inline = InlineHandle(handle),
                case .foreignMount = try host.occupant(
                    of: target, besides: VolumeID(pool: .nowhere, name: inline.name))
            else { return nil }
            throw .setAside(what: what, why: why)
        }
    }

    /// Makes the volume that a pod's spec asks for and mounts it at the target; completes what an interrupted call began.
    ///
    /// - Throws: what creating throws, `existsDifferently`, `notNow`, `malformed`, `operationPending`, `host`.
    ///   A volume that this call made is deleted again then.
    package func publishInline(
        _ request: CreateRequest, to target: HostPath, _ capability: VolumeCapability, readOnly: Bool
    ) throws(VolumeFault) {
        try collectInline(in: catalog.candidates(for: request).map(\.name))
        let isNew = try InlineHandle(request.name).map { (handle) throws(VolumeFault) in
            try catalog.inlineVolume(handle).record == nil
        }
        let id = try catalog.create(request).id
        try exclusively(id) { () throws(VolumeFault) in
            do throws(VolumeFault) {
                try mountInline(try catalog.volume(id), at: target, capability, readOnly)
            } catch {
                guard isNew == true else { throw error }
                throw undoing("make inline volume \(id)", error) { () throws(VolumeFault) in
                    try catalog.discard(id)
                }
            }
        }
    }

    private func mountInline(
        _ record: VolumeRecord, at target: HostPath, _ capability: VolumeCapability, _ readOnly: Bool
    ) throws(VolumeFault) {
        let view = try observe(record.id)
        let before = try host.note(of: record.id)
        let wanted = try usage(capability, readOnly: readOnly || capability.isReadOnly)
        if try alreadyPublished(record, view, before, at: target, capability, wanted) { return }
        if let device = view.device, try !host.isLocked(record.id) {
            throw .notNow(
                "volume \(record.id) is attached to \(device) by somebody else; detach it there first")
        }
        let made = try host.ensureTarget(target, asFile: false)
        do throws(VolumeFault) {
            let device = try suitable(record, view, readOnly: false)
            var note = StagingNote()
            note.published[target.text] = wanted
            note.device = device
            note.isInline = true
            try mount(record, device, at: target, capability, note, before)
        } catch {
            guard made else { throw error }
            throw undoing("publish volume \(record.id)", error) { () throws(VolumeFault) in
                try host.removeTarget(target)
            }
        }
    }

    /// Mounts the device at the target under a new note; without success the device goes again and the old note stays.
    private func mount(
        _ record: VolumeRecord, _ device: Device, at target: HostPath, _ capability: VolumeCapability,
        _ note: StagingNote, _ before: StagingNote
    ) throws(VolumeFault) {
        guard case .filesystem(let kind) = record.kind else {
            throw .host(step: "publish inline volume \(record.id)", cause: "its record has no file system")
        }
        do {
            try host.prepareFilesystem(kind, on: device)
            try host.keep(note, of: record.id)
            try host.mountFilesystem(
                kind, of: device, at: target, flags: capability.mountFlags,
                readOnly: note.published[target.text]?.isReadOnly == true)
        } catch {
            throw undoing("publish volume \(record.id)", error) { () throws(VolumeFault) in
                try host.detach(device)
                try host.keep(before, of: record.id)
            }
        }
    }

    /// How a volume ends that is taken off a target.
    enum Ending {
        /// It is inline, and is deleted.
        case deleted
        /// It may be inline, which its pool does not tell: only its device goes, if nothing else uses it.
        case detached
        /// It is one of the controller's, and stays.
        case kept
    }

    /// What becomes of the volume when it is taken off that target.
    func ending(at target: HostPath, _ id: VolumeID, _ view: VolumeOnNode, _ note: StagingNote) -> Ending {
        if note.isInline { return note.published[target.text] != nil ? .deleted : .kept }
        guard InlineHandle(id.name.text) != nil else { return .kept }
        let isInline = Verdict<Bool>()
        host.attempt("look whether volume \(id) is inline") { [catalog] () throws(VolumeFault) in
            isInline.give(try catalog.isInline(id, at: target))
        }
        if let isInline = isInline.given { return isInline ? .deleted : .kept }
        // Others are mounted where they are staged as well. What is left of it is collected later.
        let isHereAlone =
            !view.filesystemMounts.isEmpty && view.filesystemMounts.allSatisfy { $0.path == target.text }
        return note.staged.isEmpty && isHereAlone ? .detached : .kept
    }

    /// Ends an inline volume that was taken off its target; the caller holds its key.
    ///
    /// Where its pool is lost the volume is deleted later, once that is back (`collectInline`).
    func endInline(
        _ id: VolumeID, _ view: VolumeOnNode, _ note: StagingNote
    ) throws(VolumeFault) {
        if let device = view.device, !view.isByHand { try host.detach(device) }
        forgetAll(of: id)
        host.attempt("delete inline volume \(id)") { [catalog] () throws(VolumeFault) in
            try catalog.discard(id)
        }
    }

    /// Deletes inline volumes whose pods vanished without an unpublish, as after a node was down for long; returns them.
    ///
    /// Such a volume is mounted nowhere and its pod's folder is gone, while kubelet's folder of pods is there to be
    /// seen: a driver that cannot see it must not take every pod for gone.
    @discardableResult
    package func collectInline(in pools: [PoolName]? = nil) throws(VolumeFault) -> [VolumeID] {
        var collected: [VolumeID] = []
        for record in catalog.inlineVolumes(in: pools) {
            do throws(VolumeFault) {
                guard let folders = try record.podFolders(),
                    try host.occupant(of: folders.pods, besides: record.id) != .nothing,
                    try host.occupant(of: folders.pod, besides: record.id) == .nothing
                else { continue }
                try exclusively(record.id, for: .tidyUp, mayWait: false) { () throws(VolumeFault) in
                    let view = try observe(record.id)
                    guard view.mounts.isEmpty else { return }
                    if let device = view.device, try host.isLocked(record.id) { try host.detach(device) }
                    forgetAll(of: record.id)
                    try catalog.discard(record.id)
                    collected.append(record.id)
                }
            } catch {
                // Something still uses it, in a mount namespace that is not shown here, say, or its pool is in trouble:
                // no reason to keep others from being tidied up or published.
                guard error.isOfPool || error.isPending else { throw error }
            }
        }
        return collected
    }
}

extension VolumeRecord {
    /// Kubelet's folder of pods and that of the pod for which an inline volume was made: the target is
    /// `<pods>/<uid>/volumes/kubernetes.io~csi/<name>/mount` (Kubernetes 1.36).
    fileprivate func podFolders() throws(VolumeFault) -> (pods: HostPath, pod: HostPath)? {
        guard let parts = inlineTarget?.parts(at: "/"), parts.count >= 7,
            parts[parts.count - 4] == "volumes", parts[parts.count - 6] == "pods"
        else { return nil }
        let pods = "/" + parts.dropLast(5).joined(separator: "/")
        return (
            try HostPath(pods, field: "target_path"),
            try HostPath("\(pods)/\(parts[parts.count - 5])", field: "target_path")
        )
    }
}
