extension NodeVolumes {
    /// Attaches the volume and, unless it is a block volume, mounts it at the staging path; completes what an
    /// interrupted call began.
    ///
    /// - Throws: `missing`, `notNow` for a capability that the volume does not have or a place that is taken,
    ///   `existsDifferently` where it is staged there in another way, `malformed`, `operationPending`, `host`.
    ///   What this call did is undone then.
    package func stage(
        _ id: VolumeID, at path: HostPath, _ capability: VolumeCapability
    ) throws(VolumeFault) {
        try exclusively(id) { () throws(VolumeFault) in
            let record = try catalog.volume(id)
            if let why = capability.mismatch(with: record.kind) { throw .notNow(why) }
            let view = try observe(id)
            guard !view.isOnOtherImage else {
                throw .notNow(
                    "volume \(id) is attached with a file that was replaced in the pool; unstage it first")
            }
            if let device = view.device, try !host.isLocked(id) {
                throw .notNow("volume \(id) is attached to \(device) by somebody else; detach it there first")
            }
            let wanted = try usage(capability, readOnly: capability.isReadOnly)
            switch record.kind {
            case .block: try stageBlock(record, view, at: path, wanted)
            case .filesystem(let kind): try stageFilesystem(record, kind, view, at: path, capability, wanted)
            }
        }
    }

    private func stageBlock(
        _ record: VolumeRecord, _ view: VolumeOnNode, at path: HostPath, _ wanted: Usage
    ) throws(VolumeFault) {
        let before = try host.note(of: record.id)
        // Where nothing is attached, what the note says is from before a reboot.
        var note = view.device == nil ? StagingNote() : before
        if view.device != nil, let have = note.staged[path.text] {
            guard have == wanted else { throw Self.stagedDifferently(path, have, wanted) }
            return
        }
        let device = try suitable(record, view, readOnly: wanted.isReadOnly)
        do {
            note.staged[path.text] = wanted
            note.device = device
            try host.keep(note, of: record.id)
            _ = try host.refreshCapacity(of: device)
        } catch {
            throw undoing("stage volume \(record.id)", error) { () throws(VolumeFault) in
                if view.device == nil { try host.detach(device) }
                try host.keep(before, of: record.id)
            }
        }
    }

    private func stageFilesystem(
        _ record: VolumeRecord, _ kind: FilesystemKind, _ view: VolumeOnNode, at path: HostPath,
        _ capability: VolumeCapability, _ wanted: Usage
    ) throws(VolumeFault) {
        if let mount = view.mount(at: path), let device = view.device {
            let note = try host.note(of: record.id)
            let have = note.staged[path.text]
            // Whoever remounts or breaks it changes what the table shows, which is then no other request.
            try refuseUnfit(record.id, view, note)
            guard mount.isReadOnly == wanted.isReadOnly, have == nil || have == wanted else {
                throw Self.stagedDifferently(path, have, wanted)
            }
            try host.verifyMounted(view, at: path, flags: capability.mountFlags, readOnly: wanted.isReadOnly)
            if !wanted.isReadOnly, !host.failedToGrow(device) { growMounted(kind, on: device, at: path) }
            return
        }
        if let other = view.filesystemMounts.first {
            throw .notNow("volume \(record.id) is mounted at \(other.path) already")
        }
        if let what = try foreignMount(at: path, besides: view) {
            throw .existsDifferently(what: "\(path)", why: "\(what) is mounted there")
        }
        let before = try host.note(of: record.id)
        let device =
            wanted.isReadOnly
            ? try readable(record, kind, view) : try suitable(record, view, readOnly: false)
        do {
            if !wanted.isReadOnly { try makeReady(kind, on: device) }
            var note = StagingNote()
            note.staged[path.text] = wanted
            note.device = device
            try host.keep(note, of: record.id)
            try host.mountFilesystem(
                kind, of: device, at: path, flags: capability.mountFlags, readOnly: wanted.isReadOnly)
            if !wanted.isReadOnly { growMounted(kind, on: device, at: path) }
        } catch {
            throw undoing("stage volume \(record.id)", error) { () throws(VolumeFault) in
                try unmountAll(record.id, at: path)
                try host.detach(device)
                try host.keep(before, of: record.id)
            }
        }
        // Unmounted while it was frozen it lived on; the mount stays, for it takes one to thaw it.
        if view.device != nil {
            let now = try observe(record.id)
            try refuseFrozen(record.id, now, try host.note(of: record.id))
        }
    }

    /// A device in the wanted mode: the one there is, or a new one.
    func suitable(
        _ record: VolumeRecord, _ view: VolumeOnNode, readOnly: Bool
    ) throws(VolumeFault) -> Device {
        guard let device = view.device else { return try host.attach(record, readOnly: readOnly) }
        guard device.isReadOnly != readOnly else { return device }
        guard view.mounts.isEmpty, record.kind != .block else {
            throw .notNow(
                "volume \(record.id) is in use as \(device.isReadOnly ? "read-only" : "writable") already")
        }
        // Left by a call that was interrupted between attach and mount.
        try host.detach(device)
        return try host.attach(record, readOnly: readOnly)
    }

    /// A read-only device whose file system can be mounted from it.
    ///
    /// A snapshot of a mounted volume, or a crash, leaves changes in the log of a file system, and only a writable
    /// device takes them; so the volume has one for a moment.
    private func readable(
        _ record: VolumeRecord, _ kind: FilesystemKind, _ view: VolumeOnNode
    ) throws(VolumeFault) -> Device {
        let device = try suitable(record, view, readOnly: true)
        let isReadable = try detaching(device, of: record.id) { () throws(VolumeFault) in
            if try host.isReadable(kind, on: device) { return true }
            try host.detach(device)
            return false
        }
        if isReadable { return device }
        let writable = try host.attach(record, readOnly: false)
        try detaching(writable, of: record.id) { () throws(VolumeFault) in
            try host.prepareFilesystem(kind, on: writable)
            try host.replayLog(kind, on: writable)
            try host.detach(writable)
        }
        return try host.attach(record, readOnly: true)
    }

    /// Runs the body; where it fails, the device goes.
    private func detaching<Result>(
        _ device: Device, of id: VolumeID, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        do {
            return try body()
        } catch {
            throw undoing("attach volume \(id)", error) { () throws(VolumeFault) in try host.detach(device) }
        }
    }

    private static func stagedDifferently(_ path: HostPath, _ have: Usage?, _ wanted: Usage) -> VolumeFault {
        .existsDifferently(
            what: "a staged volume at \(path)",
            why: have.map { describe($0, against: wanted) } ?? "it is mounted in another mode")
    }

    static func describe(_ have: Usage, against wanted: Usage) -> String {
        if have.mode != wanted.mode { return "its access mode is \(have.mode.rawValue)" }
        if have.isReadOnly != wanted.isReadOnly {
            return have.isReadOnly ? "it is read-only" : "it is writable"
        }
        return "its mount flags are others"
    }

    func undoing(
        _ step: String, _ fault: VolumeFault, _ undo: () throws(VolumeFault) -> Void
    ) -> VolumeFault {
        do {
            try undo()
            return fault
        } catch {
            return fault.alsoFailed(undoing: step, error)
        }
    }
}
