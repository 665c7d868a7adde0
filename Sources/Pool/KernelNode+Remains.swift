import LinuxHost
import Log
import Synchronization
package import Volumes

// What taking down rests on: the path, the mount table, the loop devices' own memory and the node's own notes. No pool is
// asked anything, for it may be full, read-only, shut down, gone, or hang.
extension KernelNode {
    package func remains(of id: VolumeID, at path: HostPath) throws(VolumeFault) -> Remains {
        let noted = savedNote(of: id)
        var note = noted ?? StagingNote()
        let table = try mountTable()
        let wanted = Attachments.Wanted(
            id: id, image: nil, noted: note.device,
            shown: Set(table.mounts(at: path.text).compactMap { $0.loopNode ?? $0.loopSource }))
        let found = try remaining(wanted)
        if noted == nil, found != nil { note = patientOldNote(of: id) }
        var view = VolumeOnNode()
        if let found {
            view = try Self.view(of: found, wanted, in: table)
            view.isByHand = isByHand(found, id, note)
            if !view.isByHand { keepAttached(found) }
        }
        // A device can be taken away while its node is still shown (LOOP_CLR_FD by whoever has the node).
        let paths = Set(note.published.keys).union([path.text])
        for mount in table.mounts where paths.contains(mount.target) {
            guard let number = mount.loopNode, number != view.device?.number,
                try isLeftover(number, mount, note)
            else { continue }
            view.nodeMounts.append(VolumeMount(mount))
        }
        return Remains(view: view, note: note)
    }

    /// A note helps, and nothing waits for it.
    private func savedNote(of id: VolumeID) -> StagingNote? {
        do throws(VolumeFault) {
            return try StagedNotes.read(noteName(of: id))
        } catch {
            log.warning("the note of a volume cannot be read", (.volumeID, "\(id)"), (.error, error.summary))
            return nil
        }
    }

    /// The device of a volume by the kernel's memory: the noted one or the one of the last look where it is that, else by
    /// a search.
    private func remaining(_ wanted: Attachments.Wanted) throws(VolumeFault) -> Attachments.Found? {
        if let hint = wanted.noted ?? hints.withLock({ $0[wanted.id] }) {
            var known = Attachments(places: places)
            var volume = wanted
            volume.noted = hint
            if try see(hint, of: volume, in: &known) { return known.find(volume) }
        }
        return try search(for: [wanted]).find(wanted)
    }

    /// Whether somebody else attached the image: a driver names its devices after their volumes, and notes them.
    private func isByHand(_ found: Attachments.Found, _ id: VolumeID, _ note: StagingNote) -> Bool {
        guard let status = found.status, note.device?.number != found.device.number else { return false }
        // The kernel keeps 63 bytes of a name.
        return !status.name.utf8.elementsEqual(id.name.text.utf8.prefix(63))
    }

    /// Whether the node of a device that is not the volume's was shown at its path for the volume.
    private func isLeftover(
        _ number: Int32, _ mount: Mount, _ note: StagingNote
    ) throws(VolumeFault) -> Bool {
        if note.device?.number == number, note.published[mount.target] != nil { return true }
        // Without a note only a node behind which there is nothing is nobody's.
        let carries = try VolumeFault.onHost("look at loop device \(number)") { () throws(SystemError) in
            try LoopDevice(number: number)?.backingPath()
        }
        return carries == nil
    }

    package func mountID(at path: HostPath) throws(VolumeFault) -> UInt64? {
        do {
            return try path.target.mountedThere()
        } catch {
            throw Self.linkOrHost(error, "path", path)
        }
    }

    package func obstacle(at path: HostPath) throws(VolumeFault) -> String {
        let reached = try VolumeFault.onHost("look at \(path)") { () throws(SystemError) in
            try path.target.reachedMount()
        }
        let table = try mountTable()
        guard let reached, let mount = table.mounts.first(where: { $0.id == reached }) else {
            return "something that hides it"
        }
        return "\(mount.filesystem) of \(mount.source) at \(mount.target)"
    }

    package func attempt(_ step: String, _ body: @escaping @Sendable () throws(VolumeFault) -> Void) {
        let outcome = Patience.wait(seconds: 5, name: "attempt") { () -> VolumeFault? in
            do throws(VolumeFault) {
                try body()
                return nil
            } catch {
                return error
            }
        }
        switch outcome {
        case .some(nil): break
        case .some(.some(let fault)):
            log.warning("done later", (.step, step), (.error, fault.summary))
        case nil: log.warning("not waited for", (.step, step))
        }
    }

    package func keepIfPossible(_ note: StagingNote, of id: VolumeID) {
        do {
            try StagedNotes.keep(note, as: noteName(of: id))
        } catch {
            log.warning("the note of a volume stays as it was", (.volumeID, "\(id)"), (.error, error.summary))
        }
    }
}

// Notes of how volumes are staged and published.
extension KernelNode {
    package func note(of id: VolumeID) throws(VolumeFault) -> StagingNote {
        if let note = try StagedNotes.read(noteName(of: id)) { return note }
        guard let pool = pools[id.pool], let folder = try pool.folder(of: id.name) else {
            return StagingNote()
        }
        return try NoteFile.read(pool.noteName, from: folder)
    }

    package func keep(_ note: StagingNote, of id: VolumeID) throws(VolumeFault) {
        try StagedNotes.keep(note, as: noteName(of: id))
    }

    package func inlineVolume(
        _ handle: InlineHandle, at target: HostPath?
    ) throws(VolumeFault) -> VolumeID? {
        let served = pools
        var shown: VolumeID?
        for name in try StagedNotes.names(where: { VolumeID(String($0))?.name == handle.name }) {
            guard let id = VolumeID(name), let note = try StagedNotes.read(name), note.isInline else {
                continue
            }
            if served[id.pool] != nil { return id }
            if let target, note.published[target.text] != nil { shown = id }
        }
        guard shown == nil, let target else { return shown }
        return try mountedInline(handle, at: target)
    }

    /// The same without a note: the volume whose image the kernel shows at the target, by the path that it remembers.
    private func mountedInline(
        _ handle: InlineHandle, at target: HostPath
    ) throws(VolumeFault) -> VolumeID? {
        guard try mountID(at: target) != nil,
            let number = try mountTable().mounts(at: target.text).last?.loopSource
        else { return nil }
        let path = try VolumeFault.onHost("look at loop device \(number)") { () throws(SystemError) in
            try LoopDevice(number: number)?.backingPath()
        }
        guard let image = path.flatMap(ImagePath.init), image.name == handle.name.text[...] else {
            return nil
        }
        return places.first { $0.value.path == image.pool }.map { VolumeID(pool: $0.key, name: handle.name) }
    }

    /// Under which name a volume is noted and locked here.
    func noteName(of id: VolumeID) -> String {
        guard let node = pools[id.pool]?.nodeMark else { return "\(id)" }
        return "\(id)\(StagedNotes.nodeMark)\(node)"
    }

    /// What an earlier driver noted beside the volume, if its pool answers soon.
    private func patientOldNote(of id: VolumeID) -> StagingNote {
        guard let pool = pools[id.pool] else { return StagingNote() }
        let read = Patience.wait(seconds: 2, name: "old-note") { () -> StagingNote in
            do {
                guard let folder = try pool.folder(of: id.name) else { return StagingNote() }
                return try NoteFile.read(pool.noteName, from: folder)
            } catch {
                // A pool that cannot be read has no say in what the kernel shows.
                return StagingNote()
            }
        }
        return read ?? StagingNote()
    }
}
