import LinuxHost
import Volumes

/// How the volumes of this node are staged and published, noted on tmpfs: notes and mounts both end with the kernel.
///
/// They are in no pool, so that no trouble of one keeps a mount or a device.
enum StagedNotes {
    /// Between a volume and the node, in a pool that other nodes have as well: several of them may share a machine.
    static let nodeMark: Character = "@"

    /// What is noted under that name; nothing where nothing is.
    static func read(_ name: String) throws(VolumeFault) -> StagingNote? {
        guard let folder = try opened() else { return nil }
        let isThere = try VolumeFault.onHost("look for the note of \(name)") { () throws(SystemError) in
            try folder.status(name) != nil
        }
        return isThere ? try NoteFile.read(name, from: folder) : nil
    }

    /// Notes it, or forgets it where it says nothing.
    static func keep(_ note: StagingNote, as name: String) throws(VolumeFault) {
        guard note.isEmpty else {
            let folder = try VolumeFault.onHost("open \(NodeFolder.staged.path)") {
                () throws(SystemError) in try NodeFolder.staged.ensure()
            }
            return try NoteFile.write(note, to: folder, as: name)
        }
        guard let folder = try opened() else { return }
        try VolumeFault.onHost("remove the note of \(name)") { () throws(SystemError) in
            do throws(SystemError) {
                try folder.removeFile(name)
            } catch  where error.errno == .noEntry {
                // There was none.
            }
        }
    }

    /// The names of notes whose volumes are wanted.
    static func names(where isWanted: (Substring) -> Bool) throws(VolumeFault) -> [String] {
        guard let folder = try opened() else { return [] }
        let names = try VolumeFault.onHost("list \(NodeFolder.staged.path)") { () throws(SystemError) in
            try folder.entries()
        }
        return names.filter { isWanted($0.prefix { $0 != nodeMark }) }
    }

    /// A volume of the pool that has a loop device on this node; nothing if none has.
    static func attached(of pool: PoolID) throws -> VolumeName? {
        let notes = Set(
            try names { VolumeID(String($0))?.pool == pool }.compactMap {
                VolumeID(String($0.prefix { $0 != nodeMark }))?.name
            })
        guard !notes.isEmpty else { return nil }
        let paths = try LoopDevices.backingPaths()
        return notes.sorted().first { name in
            paths.contains {
                $0.withoutDeletedMark.hasSuffix("/\(PoolLayout.volumes)/\(name)/\(PoolLayout.image)")
            }
        }
    }

    private static func opened() throws(VolumeFault) -> Directory? {
        try VolumeFault.onHost("open \(NodeFolder.staged.path)") { () throws(SystemError) in
            try NodeFolder.staged.open()
        }
    }
}
