internal import FoundationEssentials
import LinuxHost
import Log
import Volumes

/// `pool.image.json`, format 1.
private struct PoolImageRecord: Codable {
    static let newestVersion = 1
    var version: Int
    var filesystem: String
    var created: String
}

extension PoolImage {
    private static let mkfsDeadlineSeconds = 600.0
    private static let sectorBytes: UInt32 = 4096
    /// As long as a label of XFS can be; for a person who finds the file.
    private static let label = "loopcsi-pool"

    /// Makes the file with an empty file system in it unless there is one; returns which file system it is.
    func ensureFile(in root: borrowing Directory, _ beginning: PoolBeginning? = nil) throws -> Filesystem {
        try sweep(root)
        let recorded = try recordedFilesystem(in: root)
        guard let file = try root.status(Layout.image) else {
            guard recorded == nil else {
                throw trouble(
                    "\(Layout.image) is gone, but \(Layout.record) says that there was one; bring it back, or remove "
                        + "\(Layout.record) to begin with an empty pool")
            }
            try refuseStrangers(root)
            try beginning?.permit()
            return try create(in: root)
        }
        guard file.kind == .regular else { throw trouble("\(Layout.image) is not a file") }
        let found = try filesystem(in: root)
        // A start that was killed between rename and record leaves an image that lacks its record.
        if recorded == nil { try writeRecordIfPossible(found, in: root) }
        guard recorded ?? found == found else {
            throw trouble(
                "\(Layout.image) holds \(found.rawValue), but \(Layout.record) speaks of another file system")
        }
        guard options.filesystem ?? found == found else {
            throw trouble("it is kept on \(found.rawValue) for life; image-fs cannot change that")
        }
        return found
    }

    /// Removes what a start that was killed was building.
    private func sweep(_ root: borrowing Directory) throws {
        for entry in try root.entries() where entry.hasPrefix(Directory.temporaryPrefix) {
            do throws(SystemError) {
                try root.removeFile(entry)
                log.info("leftover of an interrupted start removed", (.pool, pool.text), (.path, entry))
            } catch {
                log.warning("a leftover stays until the next start", (.pool, pool.text), (.error, "\(error)"))
            }
        }
    }

    private func recordedFilesystem(in root: borrowing Directory) throws -> Filesystem? {
        guard try root.status(Layout.record) != nil else { return nil }
        let record: PoolImageRecord = try RecordText.read(Layout.record, from: root, limitBytes: 4096)
        guard record.version == PoolImageRecord.newestVersion,
            let filesystem = Filesystem(rawValue: record.filesystem)
        else {
            throw trouble(
                "\(Layout.record) has version \(record.version) and file system '\(record.filesystem)', which this "
                    + "program does not know; use the program that wrote it, or a newer one")
        }
        return filesystem
    }

    private func writeRecord(_ filesystem: Filesystem, in root: borrowing Directory) throws {
        let record = PoolImageRecord(
            version: PoolImageRecord.newestVersion, filesystem: filesystem.rawValue,
            created: Clock.wallClockRFC3339())
        try root.replace(Layout.record, with: RecordFile.json(record), mode: 0o600, sync: true)
    }

    /// The same on a host that may be full or read-only, for which the image is served all the same.
    private func writeRecordIfPossible(_ filesystem: Filesystem, in root: borrowing Directory) throws {
        do {
            try writeRecord(filesystem, in: root)
        } catch let error as SystemError where Errno.noRoom.contains(error.errno) {
            log.warning(
                "the record of the pool image cannot be written now", (.pool, pool.text), (.error, "\(error)")
            )
        }
    }

    private func filesystem(in root: borrowing Directory) throws -> Filesystem {
        switch try Superblock.read(root.openFile(Layout.image, .readOnly))?.kind {
        case .xfs: return .xfs
        case .btrfs: return .btrfs
        case .ext4, nil:
            throw trouble(
                "\(Layout.image) holds neither XFS nor btrfs; it is left as it is, never formatted anew")
        }
    }

    /// A folder without an image must be empty, so that nobody's files are mixed with it, and a pool that lies in the
    /// folder itself is not hidden.
    private func refuseStrangers(_ root: borrowing Directory) throws {
        if try root.status(PoolLayout.identityFile) != nil {
            throw trouble(
                "the folder is a pool itself, and its volumes cannot move into a file; serve it without image=, or "
                    + "give another folder")
        }
        let harmless = [Layout.mountPoint, "lost+found"]
        var strangers = try root.entries().filter { !harmless.contains($0) }
        if try root.status(Layout.mountPoint) != nil {
            strangers += try root.open(Layout.mountPoint).entries().map { "\(Layout.mountPoint)/\($0)" }
        }
        guard let stranger = strangers.first else { return }
        throw trouble(
            "there is no \(Layout.image), but '\(stranger)'; give it an empty folder, or mount the disk that holds it"
        )
    }

    /// Builds the file under a temporary name; it appears whole, in one step, durably.
    private func create(in root: borrowing Directory) throws -> Filesystem {
        let filesystem = options.filesystem ?? .xfs
        log.info(
            "making a pool in a file", (.pool, pool.text), (.path, "\(folder)/\(Layout.image)"),
            (.filesystem, filesystem.rawValue), (.sizeBytes, options.size.bytes),
            (.provisioning, options.allocation.rawValue))
        if options.allocation == .full, let shortage = try shortage(options.size.bytes, in: root) {
            throw trouble(
                "\(shortage); lower image=, make room, or say image-allocation=sparse if the host may run full"
            )
        }
        let building = Directory.temporaryPrefix + RandomBytes.hex(byteCount: 8)
        do {
            let file = try root.createFile(building, mode: 0o600)
            try hint(file, in: root)
            try reserve(file, from: 0, to: options.size.bytes)
            try format("\(folder)/\(building)", filesystem)
            // mkfs may have punched holes where it wanted zeros.
            if options.allocation == .full { try file.fillHoles(upTo: options.size.bytes) }
            try file.sync()
            try root.renameNoReplace(building, to: root, as: Layout.image)
            try root.sync()
        } catch {
            discard(building, in: root)
            throw error
        }
        try writeRecord(filesystem, in: root)
        return filesystem
    }

    /// Removes a file that did not get done at once, because it may hold all of the host's space.
    private func discard(_ building: String, in root: borrowing Directory) {
        do {
            try root.removeTree(building)
        } catch {
            log.warning("a leftover stays until the next start", (.path, building), (.error, "\(error)"))
        }
    }

    private func format(_ path: String, _ filesystem: Filesystem) throws {
        let (kind, extra): (_, [String]) =
            switch filesystem {
            case .xfs: (FilesystemKind.xfs, ["-m", "crc=1,reflink=1", "-L", Self.label])
            case .btrfs: (.btrfs, ["-L", Self.label])
            }
        let program = "mkfs.\(filesystem.rawValue)"
        guard let tool = Tool.find(program) else { throw trouble("\(program) is not installed") }
        let arguments = Mkfs.arguments(kind, sectorBytes: Self.sectorBytes, extra: extra)
        try tool.run(arguments + [path], expecting: [0], deadlineSeconds: Self.mkfsDeadlineSeconds)
    }

    /// The same hints as for volumes, where the host's file system takes them; on one that can reflink by itself an
    /// image costs speed and brings nothing, but may be wanted for its size.
    private func hint(_ file: borrowing OwnedDescriptor, in root: borrowing Directory) throws {
        switch try root.space().type {
        case .xfs: _ = try file.setExtentSizeHints(bytes: 1 << 20)
        case .btrfs: _ = try file.setNoCopyOnWrite()
        default: break
        }
    }

    /// Extends the file, with or without blocks.
    func reserve(_ file: borrowing OwnedDescriptor, from old: Int64, to size: Int64) throws {
        switch options.allocation {
        case .sparse: try file.truncate(to: size)
        case .full:
            do throws(SystemError) {
                try file.allocate(from: old, bytes: size - old)
            } catch  where error.errno == .notSupported {
                throw trouble(
                    "the host's file system cannot reserve blocks; say image-allocation=sparse, which promises less"
                )
            }
        }
    }

    /// A sentence if the host has less room than is needed.
    func shortage(_ needed: Int64, in root: borrowing Directory) throws -> String? {
        let free = try root.space().availableBytes
        guard needed > free else { return nil }
        return
            "\(Layout.image) needs \(needed >> 20) MiB more, and the host's file system has \(free >> 20) MiB free"
    }
}
