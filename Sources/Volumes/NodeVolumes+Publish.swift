extension NodeVolumes {
    /// Shows the staged volume at the target path: a bind mount of its file system, or of its device node.
    ///
    /// - Throws: `missing`, `notNow` where it is not staged so or another target excludes this one,
    ///   `existsDifferently` where it is published there in another way, `malformed`, `operationPending`, `host`.
    ///   The target is removed again then if this call made it.
    package func publish(
        _ id: VolumeID, from staging: HostPath, to target: HostPath, _ capability: VolumeCapability,
        readOnly: Bool
    ) throws(VolumeFault) {
        try exclusively(id) { () throws(VolumeFault) in
            let record = try catalog.volume(id)
            let view = try observe(id)
            let note = try host.note(of: id)
            let wanted = try usage(capability, readOnly: readOnly || capability.isReadOnly)
            if try alreadyPublished(record, view, note, at: target, capability, wanted) { return }
            let device = try staged(record, view, note, at: staging, capability, wanted)
            try refuseSecondTarget(view, note, wanted)
            try bind(record, device, view, from: staging, to: target, capability, wanted, note)
        }
    }

    /// True where an earlier, equal call published the volume at the target.
    func alreadyPublished(
        _ record: VolumeRecord, _ view: VolumeOnNode, _ note: StagingNote, at target: HostPath,
        _ capability: VolumeCapability, _ wanted: Usage
    ) throws(VolumeFault) -> Bool {
        if let what = try foreignMount(at: target, besides: view) {
            throw .existsDifferently(what: "\(target)", why: "\(what) is mounted there")
        }
        guard let mount = view.mount(at: target) else { return false }
        try refuseUnfit(record.id, view, note)
        let what = "a published volume at \(target)"
        if let why = capability.mismatch(with: record.kind) { throw .existsDifferently(what: what, why: why) }
        let have = note.published[target.text]
        guard mount.isReadOnly == wanted.isReadOnly else {
            throw .existsDifferently(what: what, why: mount.isReadOnly ? "it is read-only" : "it is writable")
        }
        if let have, have != wanted {
            throw .existsDifferently(what: what, why: Self.describe(have, against: wanted))
        }
        try host.verifyMounted(view, at: target, flags: capability.mountFlags, readOnly: wanted.isReadOnly)
        return true
    }

    /// The device of a volume that is staged at the path in a way that serves the request.
    private func staged(
        _ record: VolumeRecord, _ view: VolumeOnNode, _ note: StagingNote, at staging: HostPath,
        _ capability: VolumeCapability, _ wanted: Usage
    ) throws(VolumeFault) -> Device {
        if let why = capability.mismatch(with: record.kind) { throw .notNow(why) }
        let isHere =
            record.kind == .block ? note.staged[staging.text] != nil : view.mount(at: staging) != nil
        guard let device = view.device, isHere else {
            throw .notNow("volume \(record.id) is not staged at \(staging)")
        }
        try refuseUnfit(record.id, view, note)
        let isStagedReadOnly = view.mount(at: staging)?.isReadOnly ?? device.isReadOnly
        guard wanted.isReadOnly || !isStagedReadOnly else {
            throw .notNow("volume \(record.id) is staged read-only and cannot be published writable")
        }
        // Kubernetes gives the flags of a PersistentVolume to both calls; a bind mount takes those of a mount only.
        if let asked = note.staged[staging.text], !wanted.filesystemDigest.isEmpty,
            asked.filesystemDigest != wanted.filesystemDigest, asked.flagsDigest != wanted.flagsDigest
        {
            throw .malformed(
                field: "volume_capability.mount.mount_flags",
                why: "some are options of the whole file system, which was staged without them")
        }
        return device
    }

    /// The table of the specification for a second target on one node (CSI 1.x, NodePublishVolume).
    ///
    /// Only SINGLE_NODE_SINGLE_WRITER excludes it. For SINGLE_NODE_WRITER the text has FAILED_PRECONDITION as a
    /// SHOULD, but Kubernetes runs several pods of one node on such a volume where the newer modes are not negotiated.
    private func refuseSecondTarget(
        _ view: VolumeOnNode, _ note: StagingNote, _ wanted: Usage
    ) throws(VolumeFault) {
        let targets = published(view, note)
        let isExclusive =
            wanted.mode == .singleNodeSingleWriter
            || targets.contains { note.published[$0]?.mode == .singleNodeSingleWriter }
        guard isExclusive, let other = targets.first else { return }
        throw .notNow(
            "the volume is published at \(other) and SINGLE_NODE_SINGLE_WRITER allows one target only")
    }

    private func bind(
        _ record: VolumeRecord, _ device: Device, _ view: VolumeOnNode, from staging: HostPath,
        to target: HostPath, _ capability: VolumeCapability, _ wanted: Usage, _ note: StagingNote
    ) throws(VolumeFault) {
        let isBlock = record.kind == .block
        let made = try host.ensureTarget(target, asFile: isBlock)
        do {
            var note = note
            note.published[target.text] = wanted
            note.device = device
            try host.keep(note, of: record.id)
            if isBlock {
                try host.bindNode(of: device, to: target, readOnly: wanted.isReadOnly)
                try settleWrites(note, try observe(record.id))
            } else {
                try host.bindFilesystem(
                    view, from: staging, to: target, flags: capability.mountFlags,
                    readOnly: wanted.isReadOnly)
            }
        } catch {
            throw undoing("publish volume \(record.id)", error) { () throws(VolumeFault) in
                try unmountAll(record.id, at: target)
                if made { try host.removeTarget(target) }
                try host.keep(note, of: record.id)
            }
        }
    }

    /// Takes the volume off the target path and removes the target; what is not there is no error, and what is not
    /// this volume's is left alone.
    ///
    /// Needs the path, the mount table and the loop devices alone; whatever ails the pool keeps nothing.
    ///
    /// - Throws: `notNow` while it is busy, covered or frozen or the target holds files, `operationPending`, `host`.
    package func unpublish(_ id: VolumeID, from target: HostPath) throws(VolumeFault) {
        try exclusively(id, for: .takeDown) { () throws(VolumeFault) in
            let (view, note) = try remains(of: id, at: target)
            if view.mount(at: target) != nil { try refuseFrozen(id, view, note) }
            try unmountAll(id, at: target, in: view)
            switch ending(at: target, id, view, note) {
            case .deleted:
                try host.removeTarget(target)
                return try endInline(id, view, note)
            case .detached:
                if let device = view.device, !view.isByHand {
                    try host.detach(device)
                    forgetAll(of: id)
                }
            case .kept: break
            }
            guard try host.mountID(at: target) == nil else {
                // What is mounted there now was never the volume's, as the note says as well.
                guard note.published[target.text] != nil, view.mount(at: target) == nil else { return }
                throw .notNow(
                    "\(target) is covered by \(try host.obstacle(at: target)), which is not the volume's; unmount that first"
                )
            }
            try host.removeTarget(target)
            try settle(id, view, note, without: target)
        }
    }

    func remains(
        of id: VolumeID, at path: HostPath
    ) throws(VolumeFault) -> (view: VolumeOnNode, note: StagingNote) {
        let remains = try host.remains(of: id, at: path)
        return (remains.view, remains.note)
    }

    private func settle(
        _ id: VolumeID, _ before: VolumeOnNode, _ note: StagingNote, without target: HostPath
    ) throws(VolumeFault) {
        guard note.published[target.text] != nil else { return }
        var note = note
        note.published[target.text] = nil
        // In this order, so that a repeat settles what a failure here left.
        var after = before
        after.nodeMounts.removeAll { $0.path == target.text }
        if before.filesystemMounts.isEmpty { try settleWrites(note, after) }
        host.keepIfPossible(note, of: id)
    }

    /// A bind mount that is read-only does not stop writes through a device node, so the device itself refuses them
    /// while all of its publications are read-only.
    private func settleWrites(_ note: StagingNote, _ view: VolumeOnNode) throws(VolumeFault) {
        guard let device = view.device, !device.isReadOnly, view.filesystemMounts.isEmpty else { return }
        let usages = published(view, note).compactMap { note.published[$0] }
        try host.setReadOnly(device, !usages.isEmpty && usages.allSatisfy(\.isReadOnly))
    }
}
