import LinuxHost
import Volumes

/// Notes on tmpfs of what is frozen, so that a driver that is started after a kill thaws it.
///
/// A note is as short-lived as the freeze: both end with the kernel.
enum FreezeNotes {
    private static let parent = "/run"
    private static let folder = "loopcsi-frozen"

    static func write(_ id: VolumeID, _ path: String) throws(SystemError) {
        let run = try Directory.open(parent)
        _ = try run.ensure(folder, mode: 0o700)
        try run.open(folder).replace("\(id)", with: Array(path.utf8), mode: 0o600, sync: false)
    }

    static func remove(_ id: VolumeID) throws(SystemError) {
        try Directory.open(parent).open(folder).removeFile("\(id)")
    }

    /// When each note was written, in nanoseconds since 1970.
    static func times() throws(SystemError) -> [(VolumeID, Int64)] {
        guard try Directory.open(parent).status(folder) != nil else { return [] }
        let notes = try Directory.open(parent).open(folder)
        var found: [(VolumeID, Int64)] = []
        for entry in try notes.entries() {
            guard let id = VolumeID(entry), let status = try notes.status(entry) else { continue }
            found.append((id, status.modifiedNanoseconds))
        }
        return found
    }

    /// What is noted; nothing where there is no folder yet.
    static func all() throws(SystemError) -> [(VolumeID, String)] {
        guard try Directory.open(parent).status(folder) != nil else { return [] }
        let notes = try Directory.open(parent).open(folder)
        var found: [(VolumeID, String)] = []
        for entry in try notes.entries() {
            // Another driver may have removed its note meanwhile.
            guard let id = VolumeID(entry), try notes.status(entry) != nil else { continue }
            let bytes = try notes.read(entry, limitBytes: 8192)
            found.append((id, String(decoding: bytes, as: UTF8.self)))
        }
        return found
    }
}
