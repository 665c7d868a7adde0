internal import CLinux

/// Random bytes of the kernel.
package enum RandomBytes {
    /// That many random bytes as lower-case hexadecimal digits, two for each byte.
    package static func hex(byteCount: Int) -> String {
        var result: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, used in
            guard let base = buffer.baseAddress else { return }
            result = unsafe clinux_random(base, byteCount)
            used = byteCount
        }
        // getrandom(2) with a valid buffer and no flags has no way to fail.
        precondition(result == 0, "The kernel gave no random bytes: \(Errno(rawValue: -result).name).")
        return bytes.hexadecimal
    }
}

extension [UInt8] {
    /// Two lower-case hexadecimal digits for each byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
