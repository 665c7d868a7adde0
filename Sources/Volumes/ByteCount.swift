import Text

/// A size or an offset in bytes; never negative, arithmetic is checked.
package struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number of bytes.
    package let bytes: Int64

    /// Makes a count, or nothing for a negative number.
    package init?(_ bytes: Int64) {
        guard bytes >= 0 else { return nil }
        self.bytes = bytes
    }

    /// Makes a count from a number that is known not to be negative.
    package init(known bytes: Int64) {
        precondition(bytes >= 0, "A byte count was computed as \(bytes); it can never be negative.")
        self.bytes = bytes
    }

    /// Reads an amount as people write it: bytes, or a whole number with Ki, Mi, Gi, Ti (also as KiB and so on) or k, M, G, T.
    ///
    /// The spelling is that of Kubernetes quantities (apimachinery, resource.Quantity) without fractions.
    package init?(quantity text: String) {
        guard text.utf8.count <= 32, text.isPlain else { return nil }
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        let factor: Int64? =
            switch text.utf8.count == digits.count ? "" : String(Substring(text.utf8.dropFirst(digits.count)))
            {
            case "": 1
            case "Ki", "KiB": 1 << 10
            case "Mi", "MiB": 1 << 20
            case "Gi", "GiB": 1 << 30
            case "Ti", "TiB": 1 << 40
            case "k": 1000
            case "M": 1_000_000
            case "G": 1_000_000_000
            case "T": 1_000_000_000_000
            default: nil
            }
        guard let factor, let count = Int64(Substring(digits)) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        self.init(bytes)
    }

    /// No bytes at all.
    package static let zero = ByteCount(known: 0)

    /// So many mebibytes.
    package static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(known: count << 20) }

    /// So many gibibytes.
    package static func gibibytes(_ count: Int64) -> ByteCount { ByteCount(known: count << 30) }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    /// The sum, or the largest count where the sum does not fit.
    package static func + (left: ByteCount, right: ByteCount) -> ByteCount {
        let (sum, overflow) = left.bytes.addingReportingOverflow(right.bytes)
        return ByteCount(known: overflow ? .max : sum)
    }

    /// The difference, or zero where the right side is larger.
    package func minus(_ other: ByteCount) -> ByteCount {
        ByteCount(known: max(0, bytes - other.bytes))
    }

    /// The next multiple of `unit` at or above this count, or nothing where there is none.
    package func roundedUp(to unit: ByteCount) -> ByteCount? {
        let (padded, overflow) = bytes.addingReportingOverflow(unit.bytes - 1)
        guard !overflow else { return nil }
        return ByteCount(padded - padded % unit.bytes)
    }

    /// The number with its largest exact binary unit, such as `2 GiB` or `1000 bytes`.
    package var description: String {
        for (shift, unit) in [(Int64(40), "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")]
        where bytes > 0 && bytes & ((1 << shift) - 1) == 0 {
            return "\(bytes >> shift) \(unit)"
        }
        return "\(bytes) bytes"
    }
}
