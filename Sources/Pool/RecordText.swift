internal import FoundationEssentials
import LinuxHost
import Volumes

/// Why a small file that the program wrote cannot be believed, in words.
struct RecordTrouble: Error, Equatable, CustomStringConvertible {
    /// Whether it could be read, and holds something else than was written; else the file system did not give it.
    let isTorn: Bool
    /// Nothing was under the name.
    var isMissing = false
    let description: String
}

/// Reads the small JSON files of a pool, all in the same way.
enum RecordText {
    /// The file of that name as a value.
    ///
    /// - Throws: `RecordTrouble` with a sentence; nothing else, and never a dump of the decoder's.
    static func read<File: Decodable>(
        _ name: String, from folder: borrowing Directory, limitBytes: Int
    ) throws(RecordTrouble) -> File {
        let bytes: [UInt8]
        do {
            bytes = try folder.read(name, limitBytes: limitBytes)
        } catch {
            throw RecordTrouble(error)
        }
        return try decode(bytes, name)
    }

    /// The value that the bytes of a file of that name say.
    static func decode<File: Decodable>(_ bytes: [UInt8], _ name: String) throws(RecordTrouble) -> File {
        do {
            return try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            let reason = bytes.isEmpty ? "is empty" : words(of: error)
            throw RecordTrouble(isTorn: true, description: "\(name) \(reason)")
        }
    }

    private static func words(of error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "lacks the field \(shown(key))"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "has an unfit value \(context.codingPath.last.map { "in the field \(shown($0))" } ?? "at its top")"
        case DecodingError.dataCorrupted(let context):
            context.codingPath.last.map { "has an unfit value in the field \(shown($0))" }
                ?? "is not the JSON text that was written"
        default: "cannot be understood"
        }
    }

    /// A name of a field, which may be the file's own word.
    private static func shown(_ key: any CodingKey) -> String {
        "'\(String(decoding: key.stringValue.utf8.prefix(64), as: UTF8.self))'"
    }
}

extension RecordTrouble {
    /// What the kernel said, where it tells of the file rather than of its disk.
    init(_ error: SystemError) {
        let kinds: [Errno] = [.isDirectory, .invalid, .symbolicLink, .fileTooBig]
        self.init(
            isTorn: kinds.contains(error.errno), isMissing: error.errno == .noEntry, description: "\(error)")
    }
}
