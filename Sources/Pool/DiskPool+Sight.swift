import LinuxHost
package import Volumes

/// What a look at an object that is there showed.
enum Sight<Found> {
    case whole(Found)
    case torn(TornObject)

    /// The object.
    ///
    /// - Throws: `setAside` if it is torn.
    func served() throws(VolumeFault) -> Found {
        switch self {
        case .whole(let found): return found
        case .torn(let object): throw object.fault
        }
    }
}

/// A volume as it lies in the pool.
struct SeenVolume {
    let record: VolumeRecord
    let image: ImageState?
}

extension Sighting {
    /// Adds what a look at one object showed; nothing if it was not there.
    mutating func add(_ sight: Sight<Found>?) {
        switch sight {
        case .whole(let one): found.append(one)
        case .torn(let object): torn.append(object)
        case nil: return
        }
    }
}

extension DiskPool {
    package func volumes(
        _ names: ArraySlice<VolumeName>
    ) throws(VolumeFault) -> Sighting<(VolumeRecord, ImageState?)> {
        var seen = Sighting<(VolumeRecord, ImageState?)>()
        guard !names.isEmpty else { return seen }
        seen.found.reserveCapacity(names.count)
        guard let parent = try openedIfThere(PoolLayout.volumes) else { return seen }
        for name in names {
            switch try sight(volume: name, in: parent) {
            case .whole(let volume): seen.found.append((volume.record, volume.image))
            case .torn(let object): seen.torn.append(object)
            case nil: continue
            }
        }
        return seen
    }

    /// A volume, or nothing if there is none.
    func sight(
        volume name: VolumeName, in parent: borrowing Directory
    ) throws(VolumeFault) -> Sight<SeenVolume>? {
        try sight(.volume(name), in: parent) { (folder) throws(VolumeFault) in
            let record = try RecordFile.read(from: folder, as: VolumeID(pool: pool.id, name: name))
            // In this order, since a growth lets the image go first.
            let image = try imageStatus(in: folder, of: .volume(name))
            let state = image.map(ImageState.init)
            if let state, state.size != record.size, let why = doubt(record, state) {
                throw .setAside(what: "volume \(name)", why: why)
            }
            return SeenVolume(record: record, image: state)
        }
    }

    /// A snapshot, in a group or not; nothing if there is none.
    func sight(snapshot name: VolumeName) throws(VolumeFault) -> Sight<SnapshotRecord>? {
        let folder = name.membership == nil ? PoolLayout.snapshots : PoolLayout.groups
        guard let parent = try openedIfThere(folder) else { return nil }
        return try sight(snapshot: name, in: parent)
    }

    /// The same with the folder that it is in, of snapshots or of groups.
    func sight(
        snapshot name: VolumeName, in parent: borrowing Directory
    ) throws(VolumeFault) -> Sight<SnapshotRecord>? {
        func examine(_ folder: borrowing Directory) throws(VolumeFault) -> SnapshotRecord {
            try self.examine(snapshot: name, folder)
        }
        guard let (group, index) = name.membership else {
            return try sight(.snapshot(name), in: parent, examine)
        }
        let folder: Directory
        do throws(VolumeFault) {
            folder = try parent.openObject(group.text, .group(group))
        } catch .missing {
            return nil
        } catch {
            guard case .setAside(_, let why) = error else { throw error }
            return .torn(TornObject(.snapshot(name), "the folder of its group: \(why)", footprint: nil))
        }
        return try sight(.snapshot(name), named: "\(index)", in: folder, examine)
    }

    /// The record of a snapshot whose folder is open.
    ///
    /// - Throws: `setAside` with what is wrong with record or image, `host`.
    func examine(
        snapshot name: VolumeName, _ folder: borrowing Directory
    ) throws(VolumeFault) -> SnapshotRecord {
        let record = try SnapshotFile.read(from: folder, as: SnapshotID(pool: pool.id, name: name))
        if let image = try imageStatus(in: folder, of: .snapshot(name)), image.sizeBytes != record.size.bytes
        {
            throw .setAside(
                what: "snapshot \(name)",
                why:
                    "its image has \(image.sizeBytes) bytes instead of \(record.size.bytes): it is not what was cut"
            )
        }
        return record
    }

    /// What is in the folder of an object that is open; torn if `examine` throws `setAside`.
    ///
    /// An object that is just being deleted loses its files one by one, so what looks torn must still be there.
    func sight<Found>(
        _ key: ObjectKey, named entry: String? = nil, in parent: borrowing Directory,
        _ examine: (borrowing Directory) throws(VolumeFault) -> Found
    ) throws(VolumeFault) -> Sight<Found>? {
        let entry = entry ?? key.name.text
        // Deleted and made anew in between, by another driver: few would do that twice in a row.
        for _ in 0..<3 {
            var footprint: ImageState?
            var identity: FileIdentity?
            let fault: VolumeFault
            do throws(VolumeFault) {
                let folder = try parent.openObject(entry, key)
                do throws(VolumeFault) {
                    return .whole(try examine(folder))
                } catch {
                    fault = error
                    identity = folder.identityIfSeen()
                    if case .setAside = error { footprint = self.footprint(in: folder) }
                }
            } catch .missing {
                return nil
            } catch {
                fault = error
            }
            guard let now = try status(entry, in: parent, of: key) else { return nil }
            if let identity, now.identity != identity { continue }
            guard case .setAside(_, let why) = fault else { throw fault }
            try expectReadable()
            return .torn(TornObject(key, why, footprint: footprint))
        }
        throw .operationPending("\(key), by another driver of the pool")
    }

    private func status(
        _ entry: String, in parent: borrowing Directory, of key: ObjectKey
    ) throws(VolumeFault) -> FileStatus? {
        try VolumeFault.onHost("look for \(key)") { () throws(SystemError) in try parent.status(entry) }
    }

    /// A pool whose disk is gone or shut down shows each object as torn; then it is the pool that is in trouble.
    private func expectReadable() throws(VolumeFault) {
        let root = try opened()
        do {
            _ = try root.read(PoolLayout.identityFile, limitBytes: 4096)
        } catch {
            throw .notNow("pool \(pool.name) at \(path) cannot be used: \(error)")
        }
    }

    /// The image of an object, if there is one.
    private func imageStatus(
        in folder: borrowing Directory, of key: ObjectKey
    ) throws(VolumeFault) -> FileStatus? {
        let status: FileStatus?
        do {
            status = try folder.status(PoolLayout.image)
        } catch {
            if error.errno.isShortage {
                throw .host(step: "examine image of \(key)", cause: "\(error)")
            }
            throw .setAside(what: "\(key)", why: "its image cannot be examined (\(error.errno.name))")
        }
        guard let status, status.kind != .regular else { return status }
        throw .setAside(what: "\(key)", why: "its image is \(status.kind.words)")
    }

    /// Holds the numbers of a record against its image and the disk, before anything is allocated, grown or cut by them;
    /// nothing where they can be believed.
    func doubt(_ record: VolumeRecord, _ image: ImageState) -> String? {
        let (have, said) = (image.size, record.size)
        guard have != said else { return nil }
        guard have > said else {
            return
                "its record says \(said.bytes) bytes, its image has \(have.bytes): one of the two is not what it was"
        }
        // The image goes first in a growth, and the record follows at the next start; but not to any number.
        let isPlausible: Bool
        do {
            let space = try space()
            isPlausible =
                switch record.provisioning {
                case .thick: have.minus(image.allocated) <= space.free && have <= space.total
                case .thin: have.bytes / Self.mostOvercommit <= space.total.bytes
                }
        } catch {
            return
                "its image has \(have.bytes) bytes, its record says \(said.bytes), and the pool does not tell its size"
        }
        guard !isPlausible || have > CapacityRange.maximumSize else { return nil }
        return
            "its image has \(have.bytes) bytes, its record says \(said.bytes), and no growth in this pool goes so far"
    }

    /// No ratio of thin promises is larger (`overcommit=`).
    private static let mostOvercommit: Int64 = 100

    /// What an object that cannot be believed occupies, and what its image says of its size if the pool could hold that.
    private func footprint(in folder: borrowing Directory) -> ImageState? {
        do {
            guard let image = try folder.status(PoolLayout.image), image.kind == .regular else { return nil }
            let seen = ImageState(image)
            return try seen.size <= space().total
                ? seen : ImageState(size: seen.allocated, allocated: seen.allocated)
        } catch {
            // What cannot be seen cannot be counted; what it occupies is missing from what is free.
            return nil
        }
    }
}

extension ObjectKey {
    /// The name of its folder.
    var name: VolumeName {
        switch self {
        case .volume(let name), .snapshot(let name), .group(let name): name
        }
    }
}

extension Directory {
    /// Opens the folder of an object.
    ///
    /// - Throws: `missing` if there is none, `setAside` for what is no folder or cannot be opened, `host`.
    func openObject(_ entry: String, _ key: ObjectKey) throws(VolumeFault) -> Directory {
        do {
            return try open(entry)
        } catch {
            switch error.errno {
            case .noEntry, .stale: throw .missing("\(key)")
            case .notDirectory, .symbolicLink:
                throw .setAside(what: "\(key)", why: "there is no folder in its place, but a file or a link")
            case let errno where errno.isShortage:
                throw .host(step: "open folder of \(key)", cause: "\(error)")
            default:
                throw .setAside(what: "\(key)", why: "its folder cannot be opened (\(error.errno.name))")
            }
        }
    }

    fileprivate func identityIfSeen() -> FileIdentity? {
        do {
            return try status().identity
        } catch {
            // Then only its name tells whether it is still there.
            return nil
        }
    }
}

extension FileStatus.Kind {
    /// What it is, in words.
    var words: String {
        switch self {
        case .regular: "a file"
        case .directory: "a folder"
        case .symlink: "a symbolic link"
        case .blockDevice: "a device"
        case .other: "no file, but a pipe, a socket or a device"
        }
    }
}
