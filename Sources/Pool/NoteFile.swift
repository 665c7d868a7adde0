internal import FoundationEssentials
import LinuxHost
import Volumes

/// `staging.json`, format 1; see `StagingNote` for what it is good for.
struct NoteFile: Codable {
    private static let newestVersion = 1
    private static let longest = 1 << 20

    struct Entry: Codable {
        var mode: String
        var readOnly: Bool
        var flags: String
    }

    var version: Int
    var staged: [String: Entry]
    var published: [String: Entry]

    /// The file of a node in a pool that others have too; each has one, as kubelet's paths are the same on all of them.
    static func name(of node: String) -> String {
        "staging.\(Digest.sha256Hex(Array(node.utf8)).prefix(16)).json"
    }

    static func read(
        _ name: String = PoolLayout.note, from folder: borrowing Directory
    ) throws(VolumeFault) -> StagingNote {
        do {
            let file: NoteFile = try RecordText.read(name, from: folder, limitBytes: longest)
            guard file.version == newestVersion else { return StagingNote() }
            var note = StagingNote()
            note.staged = file.staged.compactMapValues(Usage.init)
            note.published = file.published.compactMapValues(Usage.init)
            return note
        } catch  where error.isMissing {
            // Never staged; or, for a tool that looks, deleted in this moment.
            return StagingNote()
        } catch  where error.isTorn {
            // Not synced on purpose, so a power loss may have torn it; the mounts that it spoke of are gone as well.
            return StagingNote()
        } catch {
            throw .host(step: "read \(name)", cause: "\(error)")
        }
    }

    static func write(
        _ note: StagingNote, to folder: borrowing Directory, as name: String
    ) throws(VolumeFault) {
        let file = NoteFile(
            version: newestVersion, staged: note.staged.mapValues(Entry.init),
            published: note.published.mapValues(Entry.init))
        let bytes = try RecordFile.json(file)
        try VolumeFault.onHost("write \(name)") { () throws(SystemError) in
            try folder.replace(name, with: bytes, mode: 0o600, sync: false)
        }
    }
}

extension NoteFile.Entry {
    fileprivate init(_ usage: Usage) {
        self.init(mode: usage.mode.rawValue, readOnly: usage.isReadOnly, flags: usage.flagsDigest)
    }
}

extension Usage {
    fileprivate init?(_ entry: NoteFile.Entry) {
        guard let mode = AccessMode(rawValue: entry.mode) else { return nil }
        self.init(mode: mode, isReadOnly: entry.readOnly, flagsDigest: entry.flags)
    }
}
