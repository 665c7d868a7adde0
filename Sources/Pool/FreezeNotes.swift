import LinuxHost
import Volumes

/// Notes on tmpfs of what is frozen, so that a driver that is started after a kill thaws it.
///
/// A note is as short-lived as the freeze: both end with the kernel. Its writer keeps it locked, which tells one of a
/// freeze that lasts from one that a kill left.
enum FreezeNotes {
    /// Where a file system was frozen.
    struct Place: Equatable {
        /// The mount through which it was frozen.
        var path: String
        /// Its loop device, and the file on that; nothing in notes of earlier drivers.
        var device: Device?
    }

    /// A note in place, with the lock.
    final class Written: Sendable {
        private let name: String
        private let file: OwnedDescriptor

        fileprivate init(_ name: String, _ file: consuming OwnedDescriptor) {
            self.name = name
            self.file = file
        }

        /// Takes the note away; ENOENT if somebody did.
        func remove() throws(SystemError) {
            try NodeFolder.frozen.ensure().removeFile(name)
            try file.unlock()
        }
    }

    /// A note that a driver left which is no more.
    struct Leftover {
        let name: String
        let id: VolumeID
        /// Nothing where it was not written to its end, so that nothing was frozen either.
        let place: Place?
    }

    /// Ends the names of notes about a look, which may meet a freeze by somebody else.
    private static let lookMark = "@look"
    private static let limitBytes = 16 << 10

    /// Notes a freeze that is about to begin.
    static func write(
        _ id: VolumeID, isLook: Bool = false, _ place: Place
    ) throws(SystemError) -> Written {
        let folder = try NodeFolder.frozen.ensure()
        let name = isLook ? "\(id)\(lookMark)" : "\(id)"
        let file: OwnedDescriptor
        do throws(SystemError) {
            file = try folder.createFile(name, mode: 0o600)
        } catch  where error.errno == .exists {
            file = try folder.openFile(name, .readWrite)
        }
        guard try file.tryLock(.exclusive) else {
            throw SystemError(call: "flock", errno: .busy, object: "\(NodeFolder.frozen.path)/\(name)")
        }
        try file.truncate(to: 0)
        try file.pwrite(Array(text(place).utf8), offset: 0)
        return Written(name, file)
    }

    /// When each note was written, in nanoseconds since 1970.
    static func times() throws(SystemError) -> [(VolumeID, Int64)] {
        guard let notes = try NodeFolder.frozen.open() else { return [] }
        var found: [(VolumeID, Int64)] = []
        for entry in try notes.entries() {
            guard let id = volume(entry), let status = try notes.status(entry) else { continue }
            found.append((id, status.modifiedNanoseconds))
        }
        return found
    }

    /// The notes of drivers that are no more, each once its lock is free.
    static func leftovers() throws(SystemError) -> [Leftover] {
        guard let notes = try NodeFolder.frozen.open() else { return [] }
        var found: [Leftover] = []
        for entry in try notes.entries() {
            guard let id = volume(entry) else {
                try sweep(entry, in: notes)
                continue
            }
            do throws(SystemError) {
                let file = try notes.openFile(entry, .readWrite)
                guard try file.tryLock(.exclusive) else { continue }
                let bytes = try file.pread(offset: 0, upTo: limitBytes)
                try file.unlock()
                found.append(
                    Leftover(name: entry, id: id, place: place(String(decoding: bytes, as: UTF8.self))))
            } catch  where error.errno == .noEntry {
                // Another driver has just removed its note.
            }
        }
        return found
    }

    /// Takes away a note about which there is nothing more to do.
    static func remove(_ leftover: Leftover) throws(SystemError) {
        do throws(SystemError) {
            try NodeFolder.frozen.open()?.removeFile(leftover.name)
        } catch  where error.errno == .noEntry {
            // Somebody else has.
        }
    }

    /// Earlier drivers wrote notes under another name first, which a kill could leave.
    private static func sweep(_ entry: String, in notes: borrowing Directory) throws(SystemError) {
        guard entry.hasPrefix(Directory.temporaryPrefix) else { return }
        do throws(SystemError) {
            try notes.removeFile(entry)
        } catch  where error.errno == .noEntry {
            // Another driver that starts does the same.
        }
    }

    private static func volume(_ entry: String) -> VolumeID? {
        VolumeID(entry.hasSuffix(lookMark) ? String(entry.dropLast(lookMark.count)) : entry)
    }

    /// Three numbers and the path, a line each, and an end that tells whether it was written whole.
    private static func text(_ place: Place) -> String {
        let device = place.device
        return "\(device.map { "\($0.number)" } ?? "")\n\(device?.file.map { "\($0.device)" } ?? "")\n"
            + "\(device?.file.map { "\($0.inode)" } ?? "")\n\(place.path)\n"
    }

    private static func place(_ text: String) -> Place? {
        // A path alone is what earlier drivers wrote, and without an end.
        if text.hasPrefix("/") { return Place(path: text) }
        let lines = text.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].hasSuffix("\n") else { return nil }
        var file: BackingFile?
        if let device = UInt64(lines[1]), let inode = UInt64(lines[2]) {
            file = BackingFile(device: device, inode: inode)
        }
        return Place(
            path: String(lines[3].dropLast()),
            device: Int32(lines[0]).map { Device(number: $0, isReadOnly: false, file: file) })
    }
}
