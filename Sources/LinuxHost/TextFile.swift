internal import CLinux

/// Small files of /proc and /sys.
package enum TextFile {
    /// The content of a small file without the newline at its end; nil if it is missing, longer, or not text.
    package static func read(_ path: String, limitBytes: Int = 4096) -> String? {
        do throws(SystemError) {
            let bytes = try readBytes(path, limitBytes: limitBytes)
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            return text.hasSuffix("\n") ? String(text.dropLast()) : text
        } catch {
            return nil
        }
    }

    /// The same where only the kernel's word counts: nil if it says that there is no such thing.
    ///
    /// Any other failure (no descriptor or memory left, say) throws: it tells nothing about the thing.
    package static func value(_ path: String, limitBytes: Int = 8192) throws(SystemError) -> String? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readBytes(path, limitBytes: limitBytes)
        } catch  where error.errno.meansGone {
            return nil
        }
        return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes, as: UTF8.self)
    }

    /// Writes one setting of /proc or /sys.
    static func write(_ path: String, _ text: String) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, .readWrite)
        try file.pwrite(Array(text.utf8), offset: 0)
    }

    /// The content of a file that has no size in advance; EFBIG beyond the limit.
    static func readBytes(_ path: String, limitBytes: Int) throws(SystemError) -> [UInt8] {
        let file = try OwnedDescriptor.open(path, .readOnly)
        var content: [UInt8] = []
        while true {
            let chunk = min(limitBytes + 1, 65536)
            var result: Int64 = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: chunk) { buffer, used in
                guard let base = buffer.baseAddress else { return }
                result = unsafe clinux_read_full(file.number, base, chunk)
                used = Int(max(result, 0))
            }
            try SystemError.check("read", on: path, result)
            content += bytes
            guard content.count <= limitBytes else {
                throw SystemError(call: "read", errno: .fileTooBig, object: path)
            }
            if bytes.count < chunk { return content }
        }
    }
}

extension Errno {
    /// What the kernel answers for a device, or an attribute of one, that it does not have (any more).
    var meansGone: Bool { [.noEntry, .noAddress, .noDevice].contains(self) }
}
