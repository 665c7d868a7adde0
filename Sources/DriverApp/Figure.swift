/// Numbers as people read them.
enum Figure {
    /// Nanoseconds as milliseconds: "0.21", "9.4", "123".
    static func milliseconds(_ nanoseconds: Int64) -> String {
        decimal(
            nanoseconds, unit: 1_000_000,
            decimals: nanoseconds < 1_000_000 ? 2 : nanoseconds < 100_000_000 ? 1 : 0)
    }

    /// Bytes in the largest unit that leaves a whole part: "12 KiB", "973.4 MiB", "2 GiB".
    static func bytes(_ count: Int64) -> String {
        guard
            let (unit, shift) = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)].first(where: {
                count >> $0.1 > 0
            })
        else { return "\(count) bytes" }
        let text = decimal(count, unit: 1 << shift, decimals: 1)
        return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) \(unit)"
    }

    /// A count of units, rounded half up to a number of decimals.
    static func decimal(_ count: Int64, unit: Int64, decimals: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (count / unit) * scale + ((count % unit) * scale + unit / 2) / unit
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(scaled / scale).\(String(repeating: "0", count: decimals - fraction.utf8.count))\(fraction)"
    }

    /// The text with blanks up to a width, after it or before it.
    static func padded(_ text: String, _ width: Int, toTheRight: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return toTheRight ? blanks + text : text + blanks
    }
}
