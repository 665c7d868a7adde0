internal import FoundationEssentials
import LinuxHost
package import Log
package import Volumes

/// What was served where, by this run or an earlier one: a help for the day on which a pool's disk is missing.
///
/// Nothing rests on it: a note that is gone, torn or cannot be written is as good as none.
package struct PoolMemory: Sendable {
    /// Where the notes are unless the operator says otherwise: they end with the kernel there.
    package static let usualFolder = "/run/loopcsi-node/pools"

    /// One pool at one folder, format 1.
    private struct Note: Codable {
        static let newestVersion = 1
        var version: Int
        var path: String
        var id: String
        var isShared: Bool
        /// Where the file system was mounted that held the pool.
        var mount: String?
    }

    /// A pool that was served once.
    package struct Known: Equatable, Sendable {
        /// Its identity.
        package let id: PoolID
        /// Whether other nodes may have it too.
        package let isShared: Bool
        /// Where the file system was mounted that held it.
        let mount: String?
    }

    private let folder: String
    private let log: Logger

    /// Keeps the notes in that folder, which is made when the first one is written.
    package init(folder: String, log: Logger) {
        self.folder = folder
        self.log = log
    }

    /// Removes half-written notes that killed drivers left.
    package func sweep() {
        do {
            guard try FileStatus.at(folder) != nil else { return }
            for name in try Directory.open(folder).sweepTemporaries() {
                log.info("leftover of an interrupted write removed", (.path, "\(folder)/\(name)"))
            }
        } catch {
            log.warning("half-written notes of pools stay", (.path, folder), (.error, "\(error)"))
        }
    }

    /// Where the note of a pool lies, for whoever wants to have it forgotten.
    package func file(of name: PoolName, at path: String) -> String { "\(folder)/\(Self.note(name, path))" }

    private static func note(_ name: PoolName, _ path: String) -> String {
        "\(name).\(Digest.sha256Hex(Array(path.utf8)).prefix(16)).json"
    }

    /// What is known of the pool at that folder of the operator's.
    package func recall(_ name: PoolName, at path: String) -> Known? {
        do {
            guard try FileStatus.at(folder) != nil else { return nil }
            let note: Note = try RecordText.read(
                Self.note(name, path), from: Directory.open(folder), limitBytes: 8192)
            guard note.version == Note.newestVersion, note.path == path, let id = PoolID(note.id) else {
                return nil
            }
            return Known(id: id, isShared: note.isShared, mount: note.mount)
        } catch let trouble as RecordTrouble where trouble.isMissing {
            return nil
        } catch {
            log.warning(
                "what is remembered of a pool cannot be read", (.pool, name.text), (.error, "\(error)"))
            return nil
        }
    }

    /// Remembers a pool that is served.
    package func remember(_ pool: PoolDescription, at path: String) {
        let known = Known(id: pool.id, isShared: pool.isShared, mount: Self.mount(holding: path))
        guard recall(pool.name, at: path) != known else { return }
        do {
            try Self.make(folder)
            let note = Note(
                version: Note.newestVersion, path: path, id: pool.id.text, isShared: pool.isShared,
                mount: known.mount)
            try Directory.open(folder).replace(
                Self.note(pool.name, path), with: RecordFile.json(note), mode: 0o600, sync: true)
        } catch {
            log.warning("a pool cannot be remembered", (.pool, pool.name.text), (.error, "\(error)"))
        }
    }

    /// Where the file system is mounted that holds a folder, or would hold it once it is made; nothing if nobody can tell.
    static func mount(holding path: String) -> String? {
        do {
            guard try FileStatus.at(path) != nil else {
                return TargetPath(path).flatMap { $0.parent == path ? nil : mount(holding: $0.parent) }
            }
            let id = try Directory.open(path).status().mountID
            return try MountTable.read().mounts.first { $0.id == id }?.target
        } catch {
            return nil
        }
    }

    /// Makes the folder and the one above it.
    private static func make(_ folder: String) throws(SystemError) {
        guard let place = TargetPath(folder), try FileStatus.at(folder) == nil else { return }
        if let above = TargetPath(place.parent), try FileStatus.at(above.text) == nil {
            _ = try Directory.open(above.parent).ensure(above.name, mode: 0o700)
        }
        _ = try Directory.open(place.parent).ensure(place.name, mode: 0o700)
    }
}
