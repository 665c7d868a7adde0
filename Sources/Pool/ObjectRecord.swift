internal import FoundationEssentials
import LinuxHost
import Volumes

/// The record of an object of a pool.
protocol ObjectRecord: Decodable {
    static var newestVersion: Int { get }
    var version: Int { get }
}

/// What all versions of all records have.
private struct RecordHead: Decodable {
    var version: Int
}

extension RecordText {
    /// Reads a record of the version that this program knows.
    ///
    /// - Throws: `setAside` for one that is not there, cut, damaged, of another version or no file at all, in a sentence;
    ///   `host` where the machine is short of something, which says nothing of the object.
    static func record<File: ObjectRecord>(
        _ name: String, from folder: borrowing Directory, of key: ObjectKey
    ) throws(VolumeFault) -> File {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try folder.read(name, limitBytes: RecordFile.longest)
        } catch {
            if error.errno.isShortage {
                throw .host(step: "read record of \(key)", cause: "\(error)")
            }
            throw .setAside(what: "\(key)", why: "\(name) \(words(of: error))")
        }
        let file: File
        do {
            file = try decode(bytes, name)
        } catch {
            // A later form may lack fields that this one has.
            throw .setAside(what: "\(key)", why: newer(bytes, name, than: File.newestVersion) ?? "\(error)")
        }
        guard file.version == File.newestVersion else {
            throw .setAside(what: "\(key)", why: versionWords(name, file.version, File.newestVersion))
        }
        return file
    }

    /// Makes something of a record that was read; what it says and cannot be is the reason to set its object aside.
    static func believing<Value>(
        _ name: String, of key: ObjectKey, _ body: (Doubt) throws(Doubt.Unbelievable) -> Value
    ) throws(VolumeFault) -> Value {
        do {
            return try body(Doubt())
        } catch {
            throw .setAside(what: "\(key)", why: "\(name) \(error.why)")
        }
    }

    private static func newer(_ bytes: [UInt8], _ name: String, than known: Int) -> String? {
        do {
            let head: RecordHead = try decode(bytes, name)
            return head.version == known ? nil : versionWords(name, head.version, known)
        } catch {
            return nil
        }
    }

    private static func versionWords(_ name: String, _ version: Int, _ known: Int) -> String {
        "\(name) has format version \(version), this program knows \(known): "
            + (version > known ? "a newer program wrote it" : "no program wrote that")
    }

    private static func words(of error: SystemError) -> String {
        switch error.errno {
        case .noEntry, .stale: "is missing"
        case .fileTooBig: "is longer than \(RecordFile.longest) bytes"
        case .isDirectory: "is a folder"
        case .symbolicLink: "is a symbolic link"
        case .invalid, .noAddress: "is no regular file"
        default: "cannot be read (\(error.errno.name))"
        }
    }
}

/// Tells what a record says from what can be; every number and word of one is checked here before anything is done by it.
struct Doubt {
    /// What a record says that cannot be, in a clause that follows the file's name.
    struct Unbelievable: Error {
        let why: String
        init(_ why: String) { self.why = why }
    }

    func identity(_ have: String, is want: String) throws(Unbelievable) {
        guard have == want else { throw Unbelievable("is the record of another object, \(shown(have))") }
    }

    /// The size of an image: a whole number of the largest sectors, and no more than any image has.
    func size(_ bytes: Int64) throws(Unbelievable) -> ByteCount {
        guard let size = ByteCount(bytes), size > .zero, size <= CapacityRange.maximumSize,
            bytes % CapacityRange.granularity.bytes == 0
        else { throw Unbelievable("says a size of \(bytes) bytes, which no volume has") }
        return size
    }

    func count(_ bytes: Int64, _ field: String) throws(Unbelievable) -> ByteCount {
        guard let count = ByteCount(bytes), count.bytes <= 2 * CapacityRange.maximumSize.bytes else {
            throw Unbelievable("says \(field) \(bytes), which cannot be")
        }
        return count
    }

    func sector(_ bytes: UInt32) throws(Unbelievable) -> UInt32 {
        guard [512, 1024, 2048, 4096].contains(bytes) else {
            throw Unbelievable("says sectors of \(bytes) bytes, which no loop device has")
        }
        return bytes
    }

    func moment(_ nanoseconds: Int64) throws(Unbelievable) -> Moment {
        guard nanoseconds >= 0 else { throw Unbelievable("says a time before 1970") }
        return Moment(nanoseconds: nanoseconds)
    }

    func known<Value>(
        _ text: String, _ field: String, _ read: (String) -> Value?
    ) throws(Unbelievable) -> Value {
        guard let value = read(text) else {
            throw Unbelievable("says \(field) \(shown(text)), which this program does not know")
        }
        return value
    }

    func optional<Value>(
        _ text: String?, _ field: String, _ read: (String) -> Value?
    ) throws(Unbelievable) -> Value? {
        guard let text else { return nil }
        return try known(text, field, read)
    }

    /// Parameters that some request could have given.
    ///
    /// Words for mkfs are not judged: it is long done, and rules for them that become stricter must set no volume aside.
    func parameters(_ map: [String: String]) throws(Unbelievable) -> VolumeParameters {
        do {
            return try VolumeParameters(map)
        } catch {
            throw Unbelievable("has parameters that no class can have: \(error.summary)")
        }
    }

    func path(_ text: String?, _ field: String) throws(Unbelievable) -> String? {
        guard let text else { return nil }
        do {
            if try HostPath(text, field: field).text == text { return text }
        } catch {
            throw Unbelievable("says \(error.summary)")
        }
        throw Unbelievable("says \(field) \(shown(text)), which is no path of a pod")
    }

    /// A word of the file's own, which may be anything.
    private func shown(_ text: String) -> String {
        "'\(String(decoding: text.utf8.prefix(64).map { $0 < 0x20 || $0 == 0x7F ? 0x3F : $0 }, as: UTF8.self))'"
    }
}
