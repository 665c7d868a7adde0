/// A page in the text format of Prometheus, version 0.0.4, built family by family.
package struct Exposition: Sendable {
    /// What the page is, for the header of the reply.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The page so far, UTF-8.
    package private(set) var bytes: [UInt8] = []

    /// Begins an empty page with room for so many bytes.
    package init(reserving count: Int = 0) { bytes.reserveCapacity(count) }

    /// Writes the head of a family; its samples are to follow at once.
    package mutating func begin(_ family: MetricFamily) {
        write("# HELP \(family.name) ")
        for byte in family.help.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): write("\\\\")
            case UInt8(ascii: "\n"): write("\\n")
            default: bytes.append(byte)
            }
        }
        write("\n# TYPE \(family.name) \(family.kind.rawValue)\n")
    }

    /// Writes a whole family that has one sample.
    package mutating func single(_ family: MetricFamily, _ value: Double) {
        begin(family)
        sample(family, [], value)
    }

    /// Writes a sample; the values of its labels stand in the order of the family's.
    package mutating func sample(_ family: MetricFamily, _ values: [String], _ value: Double) {
        sample(family, "", values, bound: nil, Self.text(value))
    }

    /// The same for a whole number, which keeps all its digits.
    package mutating func sample(_ family: MetricFamily, _ values: [String], _ value: Int64) {
        sample(family, "", values, bound: nil, "\(value)")
    }

    mutating func sample(
        _ family: MetricFamily, _ suffix: String, _ values: [String], bound: String?, _ value: String
    ) {
        precondition(values.count == family.labels.count, "A sample of \(family) has a value for each label.")
        write(family.name)
        write(suffix)
        var separator = "{"
        func pair(_ page: inout Exposition, _ label: MetricLabel, _ value: String) {
            page.write(separator)
            page.write(label.rawValue)
            page.write("=\"")
            page.writeEscaped(value)
            page.write("\"")
            separator = ","
        }
        for (label, value) in zip(family.labels, values) { pair(&self, label, value) }
        if let bound { pair(&self, .bound, bound) }
        if separator == "," { write("}") }
        write(" ")
        write(value)
        write("\n")
    }

    /// A number as Prometheus reads it.
    static func text(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func writeEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): write("\\\\")
            case UInt8(ascii: "\""): write("\\\"")
            case UInt8(ascii: "\n"): write("\\n")
            default: bytes.append(byte)
            }
        }
    }
}
