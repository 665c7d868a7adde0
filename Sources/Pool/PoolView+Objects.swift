import LinuxHost
package import Volumes

/// One folder of `volumes/` or `snapshots/`: what it should hold, and what it does.
package struct PoolObject<Record: Sendable>: Sendable {
    /// The folder.
    package let name: VolumeName
    /// The record, if it could be read.
    package let record: Record?
    /// Why it could not.
    package let fault: String?
    let folder: FileStatus
    let recordFile: FileStatus?
    let imageFile: FileStatus?
    /// Half-written files beside these.
    let temporaries: [String]
    /// How it was staged and published last; empty for snapshots.
    let note: StagingNote

    /// The image, if there is one that is a file.
    package var image: ImageState? {
        imageFile.flatMap { $0.kind == .regular ? ImageState($0) : nil }
    }
}

/// Where objects of a kind lie and how they are read.
struct PoolPart<Record: Sendable>: Sendable {
    let folder: String
    let recordFile: String
    let read: @Sendable (borrowing Directory, PoolID, VolumeName) throws(VolumeFault) -> Record
    var note: @Sendable (borrowing Directory, PoolID, VolumeName) throws(VolumeFault) -> StagingNote = {
        _, _, _ in StagingNote()
    }
}

extension PoolPart<VolumeRecord> {
    static var volumes: PoolPart<VolumeRecord> {
        PoolPart(
            folder: PoolLayout.volumes, recordFile: PoolLayout.record,
            read: { (folder, pool, name) throws(VolumeFault) in
                try RecordFile.read(from: folder, as: VolumeID(pool: pool, name: name))
            },
            note: { (folder, pool, name) throws(VolumeFault) in
                if let note = try StagedNotes.read("\(VolumeID(pool: pool, name: name))") { return note }
                return try NoteFile.read(from: folder)
            })
    }
}

extension PoolPart<SnapshotRecord> {
    static var snapshots: PoolPart<SnapshotRecord> {
        PoolPart(
            folder: PoolLayout.snapshots, recordFile: PoolLayout.snapshotRecord,
            read: { (folder, pool, name) throws(VolumeFault) in
                try SnapshotFile.read(from: folder, as: SnapshotID(pool: pool, name: name))
            })
    }
}

extension PoolView {
    /// The objects in a folder of the pool, sorted by name, and the paths there that are none.
    func objects<Record>(
        _ part: PoolPart<Record>
    ) throws(VolumeFault) -> (objects: [PoolObject<Record>], strangers: [String]) {
        let folder = try disk.opened(part.folder)
        let entries = try VolumeFault.onHost("list \(part.folder) of pool \(name)") {
            () throws(SystemError) in
            try folder.entries().sorted()
        }
        var objects: [PoolObject<Record>] = []
        var strangers: [String] = []
        for entry in entries {
            let object: PoolObject<Record>?
            do throws(VolumeFault) {
                object = try self.object(entry, in: folder, part)
            } catch {
                strangers.append("\(part.folder)/\(entry) (\(error.summary))")
                continue
            }
            if let object {
                objects.append(object)
            } else if try isThere(entry, in: folder, as: nil) {
                strangers.append("\(part.folder)/\(entry)")
            }
        }
        return (objects, strangers)
    }

    /// One object; nothing for what is none, or is none any longer.
    func object<Record>(
        _ entry: String, in parent: borrowing Directory, _ part: PoolPart<Record>
    ) throws(VolumeFault) -> PoolObject<Record>? {
        guard let name = VolumeName(folder: entry) else { return nil }
        return try object(entry, named: name, in: parent, part)
    }

    /// The same for an object whose folder does not have its name.
    func object<Record>(
        _ entry: String, named name: VolumeName, in parent: borrowing Directory, _ part: PoolPart<Record>
    ) throws(VolumeFault) -> PoolObject<Record>? {
        guard let folder = try open(entry, in: parent) else { return nil }
        let found = try object(folder, name, part)
        if found.record != nil, found.imageFile != nil { return found }
        // What is being deleted loses its files one by one, out of the pool but still open here.
        return try isThere(entry, in: parent, as: found.folder.identity) ? found : nil
    }

    private func object<Record>(
        _ folder: borrowing Directory, _ name: VolumeName, _ part: PoolPart<Record>
    ) throws(VolumeFault) -> PoolObject<Record> {
        let own: FileStatus
        do {
            own = try folder.status()
        } catch {
            throw .host(step: "examine \(part.folder)/\(name)", cause: "\(error)")
        }
        var recordFile: FileStatus?
        var imageFile: FileStatus?
        var temporaries: [String] = []
        var unseen: String?
        do {
            recordFile = try folder.status(part.recordFile)
            imageFile = try folder.status(PoolLayout.image)
            temporaries = try folder.entries().filter(Directory.isTemporary).sorted()
        } catch {
            // What is wrong with one object hinders no look at the others.
            unseen = "\(error)"
        }
        var record: Record?
        var fault: String?
        if let unseen {
            fault = unseen
        } else if recordFile == nil {
            fault = "there is no \(part.recordFile)"
        } else {
            do {
                record = try part.read(folder, id, name)
            } catch {
                if case .setAside(_, let why) = error { fault = why } else { fault = error.summary }
            }
        }
        return PoolObject(
            name: name, record: record, fault: fault, folder: own, recordFile: recordFile,
            imageFile: imageFile, temporaries: temporaries, note: note(of: part, folder, name))
    }

    /// How it is staged; nothing where that cannot be read, as for a note that a power loss tore.
    private func note<Record>(of part: PoolPart<Record>, _ folder: borrowing Directory, _ name: VolumeName)
        -> StagingNote
    {
        do {
            return try part.note(folder, id, name)
        } catch {
            return StagingNote()
        }
    }

    /// A folder; nothing for what is none.
    func open(
        _ entry: String, in parent: borrowing Directory
    ) throws(VolumeFault) -> Directory? {
        do {
            return try parent.open(entry)
        } catch {
            guard [.noEntry, .notDirectory, .symbolicLink].contains(error.errno) else {
                throw .host(step: "open \(entry)", cause: "\(error)")
            }
            return nil
        }
    }

    /// Whether the name is there, and if asked for still means the same folder.
    func isThere(
        _ entry: String, in parent: borrowing Directory, as identity: FileIdentity?
    ) throws(VolumeFault) -> Bool {
        do {
            guard let now = try parent.status(entry) else { return false }
            return identity == nil || now.identity == identity
        } catch {
            throw .host(step: "examine \(entry)", cause: "\(error)")
        }
    }
}

extension PoolView {
    /// How many volumes, snapshots and groups cannot be served.
    package func tornCount(
        _ volumes: [PoolObject<VolumeRecord>], _ snapshots: [PoolObject<SnapshotRecord>]
    ) throws(VolumeFault) -> Int {
        let tornVolumes = volumes.count { volume in
            guard let record = volume.record else { return true }
            guard let image = volume.image else { return volume.imageFile != nil }
            return disk.doubt(record, image) != nil
        }
        let tornSnapshots = snapshots.count { snapshot in
            guard let record = snapshot.record else { return true }
            return snapshot.imageFile.map { $0.kind != .regular || $0.sizeBytes != record.size.bytes }
                ?? false
        }
        return tornVolumes + tornSnapshots + (try groups().faults.count)
    }
}
