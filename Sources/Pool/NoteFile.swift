internal import FoundationEssentials
import LinuxHost
import Volumes

/// A note in a file, format 1; see `StagingNote` for what it is good for.
///
/// It is in the node's own folder (`StagedNotes`). Earlier drivers kept it beside the volume, as `staging.json`.
struct NoteFile: Codable {
    private static let newestVersion = 1
    private static let longest = 1 << 20

    struct Entry: Codable {
        var mode: String
        var readOnly: Bool
        var flags: String
        var filesystemFlags: String?
    }

    /// The loop device, and which file it carried.
    struct Attachment: Codable {
        var number: Int32
        var readOnly: Bool
        var filesystem: UInt64?
        var inode: UInt64?
        var path: String
    }

    var version: Int
    var staged: [String: Entry]
    var published: [String: Entry]
    var device: Attachment?
    var inline: Bool?

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
            return file.note
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

    private var note: StagingNote {
        var note = StagingNote()
        note.staged = staged.compactMapValues(Usage.init)
        note.published = published.compactMapValues(Usage.init)
        note.device = device.map(Device.init)
        note.isInline = inline == true
        return note
    }

    static func write(
        _ note: StagingNote, to folder: borrowing Directory, as name: String
    ) throws(VolumeFault) {
        let file = NoteFile(
            version: newestVersion, staged: note.staged.mapValues(Entry.init),
            published: note.published.mapValues(Entry.init), device: note.device.map(Attachment.init),
            inline: note.isInline)
        let bytes = try RecordFile.json(file)
        try VolumeFault.onHost("write the note of \(name)") { () throws(SystemError) in
            try folder.replace(name, with: bytes, mode: 0o600, sync: false)
        }
    }
}

extension NoteFile.Attachment {
    fileprivate init(_ device: Device) {
        self.init(
            number: device.number, readOnly: device.isReadOnly, filesystem: device.file?.device,
            inode: device.file?.inode, path: device.imagePath)
    }
}

extension Device {
    fileprivate init(_ noted: NoteFile.Attachment) {
        let file: BackingFile? =
            if let filesystem = noted.filesystem, let inode = noted.inode {
                BackingFile(device: filesystem, inode: inode)
            } else {
                nil
            }
        self.init(number: noted.number, isReadOnly: noted.readOnly, file: file, imagePath: noted.path)
    }
}

extension NoteFile.Entry {
    fileprivate init(_ usage: Usage) {
        self.init(
            mode: usage.mode.rawValue, readOnly: usage.isReadOnly, flags: usage.flagsDigest,
            filesystemFlags: usage.filesystemDigest)
    }
}

extension Usage {
    fileprivate init?(_ entry: NoteFile.Entry) {
        guard let mode = AccessMode(rawValue: entry.mode) else { return nil }
        self.init(
            mode: mode, isReadOnly: entry.readOnly, flagsDigest: entry.flags,
            filesystemDigest: entry.filesystemFlags ?? "")
    }
}
