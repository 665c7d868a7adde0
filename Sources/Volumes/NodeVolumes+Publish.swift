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
            let wanted = usage(capability, readOnly: readOnly || capability.isReadOnly)
            if try alreadyPublished(record, view, note, at: target, capability, wanted) { return }
            let device = try staged(record, view, note, at: staging, capability, wanted)
            try refuseSecondTarget(view, note, wanted)
            try bind(record, device, from: staging, to: target, wanted, note)
        }
    }

    /// True where an earlier, equal call published the volume at the target.
    func alreadyPublished(
        _ record: VolumeRecord, _ view: VolumeOnNode, _ note: StagingNote, at target: HostPath,
        _ capability: VolumeCapability, _ wanted: Usage
    ) throws(VolumeFault) -> Bool {
        if case .foreignMount(let what) = try host.occupant(of: target, besides: record.id) {
            throw .existsDifferently(what: "\(target)", why: "\(what) is mounted there")
        }
        guard let mount = view.mount(at: target) else { return false }
        let what = "a published volume at \(target)"
        if let why = capability.mismatch(with: record.kind) { throw .existsDifferently(what: what, why: why) }
        let have = note.published[target.text]
        guard mount.isReadOnly == wanted.isReadOnly else {
            throw .existsDifferently(what: what, why: mount.isReadOnly ? "it is read-only" : "it is writable")
        }
        if let have, have != wanted {
            throw .existsDifferently(what: what, why: Self.describe(have, against: wanted))
        }
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
        let isStagedReadOnly = view.mount(at: staging)?.isReadOnly ?? device.isReadOnly
        guard wanted.isReadOnly || !isStagedReadOnly else {
            throw .notNow("volume \(record.id) is staged read-only and cannot be published writable")
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
        _ record: VolumeRecord, _ device: Device, from staging: HostPath, to target: HostPath,
        _ wanted: Usage,
        _ note: StagingNote
    ) throws(VolumeFault) {
        let isBlock = record.kind == .block
        let made = try host.ensureTarget(target, asFile: isBlock)
        do {
            var note = note
            note.published[target.text] = wanted
            try host.keep(note, of: record.id)
            if isBlock {
                try host.bindNode(of: device, to: target, readOnly: wanted.isReadOnly)
                try settleWrites(note, try observe(record.id))
            } else {
                try host.bindFilesystem(from: staging, to: target, readOnly: wanted.isReadOnly)
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
    /// - Throws: `notNow` while it is busy or the target holds files, `operationPending`, `host`.
    package func unpublish(_ id: VolumeID, from target: HostPath) throws(VolumeFault) {
        try exclusively(id) { () throws(VolumeFault) in
            let before = try observe(id)
            try unmountAll(id, at: target, in: before)
            if try catalog.isInline(id, at: target) {
                try host.removeTarget(target)
                return try endInline(id)
            }
            guard case .foreignMount = try host.occupant(of: target, besides: id) else {
                try host.removeTarget(target)
                return try settle(id, before, without: target)
            }
        }
    }

    private func settle(
        _ id: VolumeID, _ before: VolumeOnNode, without target: HostPath
    ) throws(VolumeFault) {
        var note = try host.note(of: id)
        guard note.published.removeValue(forKey: target.text) != nil else { return }
        // In this order, so that a repeat settles what a failure here left. Only a block volume needs the second look.
        if before.filesystemMounts.isEmpty { try settleWrites(note, try observe(id)) }
        try host.keep(note, of: id)
    }

    /// A bind mount that is read-only does not stop writes through a device node, so the device itself refuses them
    /// while all of its publications are read-only.
    private func settleWrites(_ note: StagingNote, _ view: VolumeOnNode) throws(VolumeFault) {
        guard let device = view.device, !device.isReadOnly, view.filesystemMounts.isEmpty else { return }
        let usages = published(view, note).compactMap { note.published[$0] }
        try host.setReadOnly(device, !usages.isEmpty && usages.allSatisfy(\.isReadOnly))
    }
}
