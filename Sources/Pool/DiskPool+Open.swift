internal import FoundationEssentials
import LinuxHost
package import Log
import Synchronization
package import Volumes

/// Why a pool cannot be used; the driver does not start with it.
package struct PoolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do.
    package let description: String

    /// What to do where the disk answers with an error.
    static let remedy = "the kernel's log may say why; have its disk checked, and mount it again"
}

/// The identity file of a pool, format 1.
private struct IdentityFile: Codable {
    static let newestVersion = 1
    var version: Int
    var id: String
    var created: String
}

extension DiskPool {
    /// Opens the pool, or makes it in a folder that is missing or empty; sweeps what an interrupted run left.
    ///
    /// With an `image` the path is its mount point. A pool that is there is opened without a write, so that one that is
    /// full or read-only can be served; what can only be done by writing is logged and left where it fails. Whether one
    /// that is not there may be made says `beginning`.
    ///
    /// - Throws: `PoolError` for a folder with other contents, an unknown format version, or host trouble.
    package static func open(
        _ path: String, in image: PoolImage? = nil, name: PoolName, sharing: PoolSharing = PoolSharing(),
        beginning: PoolBeginning? = nil, watcher: PoolWatcher = PoolWatcher(), log: Logger
    ) throws(PoolError) -> DiskPool {
        do {
            return try opening(path, image, name: name, sharing, beginning, watcher, log: log)
        } catch let error as PoolError {
            throw error
        } catch {
            throw PoolError(description: "pool \(name) at \(path): \(error); \(PoolError.remedy)")
        }
    }

    private static func opening(
        _ path: String, _ image: PoolImage?, name: PoolName, _ sharing: PoolSharing,
        _ beginning: PoolBeginning?, _ watcher: PoolWatcher, log: Logger
    ) throws -> DiskPool {
        watcher.onStep("open \(path)")
        try makeFolder(path, beginning)
        let root = try Directory.open(path)
        let isShared = try sharing.decided(for: root, path: path, name: name)
        try refuseStrangers(root, path: path, name: name)
        watcher.onStep("read \(PoolLayout.identityFile)")
        let (id, identity) = try identity(of: root, path: path, name: name, isShared: isShared, beginning)
        watcher.onStep("make folders that are missing")
        try makeLayout(root, name: name, log)
        watcher.onStep("ask what the file system can do")
        let features = try PoolFeatures.of(root, isShared: isShared)
        let description = PoolDescription(
            id: id, name: name, defaultProvisioning: features.canAllocate ? .thick : .thin, sectorBytes: 4096,
            sharesBlocks: features.canReflink, isShared: isShared)
        let pool = DiskPool(
            pool: description, path: path, features: features, identity: identity, image: image,
            noteName: isShared ? NoteFile.name(of: sharing.node) : PoolLayout.note, watcher: watcher, log: log
        )
        watcher.onStep("remove leftovers")
        pool.sweep()
        log.info(
            "pool opened", (.pool, name.text), (.path, path), (.poolID, id.text),
            (.filesystem, features.filesystem), (.features, description.words),
            (.provisioning, description.defaultProvisioning.rawValue))
        return pool
    }

    /// Makes the folder if only that is missing; looks first, as even mkdir(2) of a folder that is there waits for a thaw.
    static func makeFolder(_ path: String, _ beginning: PoolBeginning?) throws {
        let cut = path.lastIndex(of: "/") ?? path.startIndex
        let parent = path[..<cut].isEmpty ? "/" : String(path[..<cut])
        let last = String(path[cut...].dropFirst())
        guard !last.isEmpty, try FileStatus.at(path) == nil else { return }
        try beginning?.permit()
        _ = try Directory.open(parent).ensure(last, mode: 0o700)
    }

    /// Makes folders that a new pool lacks, or one of an earlier version; one that is full or read-only goes without.
    private static func makeLayout(
        _ root: borrowing Directory, name: PoolName, _ log: Logger
    ) throws(SystemError) {
        for folder in PoolLayout.folders {
            guard try root.status(folder)?.kind != .directory else { continue }
            do {
                try root.ensure(folder, mode: 0o700)
            } catch {
                guard Errno.noRoom.contains(error.errno) else { throw error }
                log.warning(
                    "a folder of the pool cannot be made now", (.pool, name.text), (.error, "\(error)"))
            }
        }
    }

    /// A folder that is no pool yet must be empty, so that a pool whose disk is not mounted is not made anew on the
    /// disk below it, and nobody's files are mixed with images.
    private static func refuseStrangers(
        _ root: borrowing Directory, path: String, name: PoolName
    ) throws {
        guard try root.status(PoolLayout.identityFile) == nil else { return }
        let harmless = Set(PoolLayout.folders + ["lost+found"])
        let stranger = try root.entries().first { entry in
            // Nor is the identity file of a first start that was cut off while it wrote that.
            !harmless.contains(entry) && !entry.hasPrefix(Directory.temporaryPrefix)
        }
        for folder in PoolLayout.published where try root.status(folder) != nil {
            guard let object = try root.open(folder).entries().first,
                try root.status(PoolLayout.identityFile) == nil
            else { continue }
            throw PoolError(
                description:
                    "pool \(name) at \(path) has no \(PoolLayout.identityFile) but holds '\(folder)/\(object)'; "
                    + "bring the file back, as its objects belong to the pool that it names")
        }
        // Another node may have begun the pool between the two looks.
        guard let stranger, try root.status(PoolLayout.identityFile) == nil else { return }
        if try root.status(PoolImage.Layout.image) != nil {
            throw PoolError(
                description:
                    "pool \(name) at \(path) is kept in the file \(PoolImage.Layout.image); serve it with image="
            )
        }
        throw PoolError(
            description: "pool \(name) at \(path) has no \(PoolLayout.identityFile) but holds '\(stranger)'; "
                + "give it an empty folder, or mount the disk that holds the pool")
    }

    private static func identity(
        of root: borrowing Directory, path: String, name: PoolName, isShared: Bool,
        _ beginning: PoolBeginning?
    ) throws -> (PoolID, IdentityMark) {
        if try root.status(PoolLayout.identityFile) == nil {
            try beginning?.permit()
            let file = IdentityFile(
                version: IdentityFile.newestVersion, id: RandomBytes.hex(byteCount: 8),
                created: Clock.wallClockRFC3339())
            let bytes = try RecordFile.json(file)
            if isShared {
                try publishIdentity(bytes, in: root)
            } else {
                try root.replace(PoolLayout.identityFile, with: bytes, mode: 0o600, sync: true)
            }
        }
        return try readIdentity(of: root, path: path, name: name)
    }

    /// Of nodes that begin a pool together one gives it its identity.
    private static func publishIdentity(_ bytes: [UInt8], in root: borrowing Directory) throws {
        do throws(SystemError) {
            try root.publish(PoolLayout.identityFile, bytes, mode: 0o600)
        } catch {
            guard error.errno == .exists else { throw error }
        }
    }

    /// Reads the identity file, which must be there.
    static func readIdentity(
        of root: borrowing Directory, path: String, name: PoolName
    ) throws -> (PoolID, IdentityMark) {
        let file: IdentityFile = try RecordText.read(
            PoolLayout.identityFile, from: root, limitBytes: 4096)
        guard file.version == IdentityFile.newestVersion else {
            throw PoolError(
                description: "pool \(name) at \(path) has format version \(file.version), this program knows "
                    + "\(IdentityFile.newestVersion); use the program that wrote it, or a newer one")
        }
        guard let id = PoolID(file.id), let status = try root.status(PoolLayout.identityFile) else {
            throw PoolError(
                description: "pool \(name) at \(path): \(PoolLayout.identityFile) holds no pool id")
        }
        return (id, IdentityMark(status))
    }
}

extension PoolDescription {
    /// What is special about the pool, for the log.
    fileprivate var words: String {
        [sharesBlocks ? "reflink" : nil, isShared ? "shared" : nil].compactMap(\.self).joined(separator: ",")
    }
}
