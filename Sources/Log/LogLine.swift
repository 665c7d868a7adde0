import Text

/// One line under construction.
struct LogLine {
    private let format: LogFormat
    private var bytes: [UInt8] = []

    init(format: LogFormat) {
        self.format = format
        bytes.reserveCapacity(256)
        if format == .json { bytes.append(UInt8(ascii: "{")) }
    }

    /// Appends one pair; keys are trusted to need no escaping.
    mutating func add(_ key: String, _ value: LogScalar) {
        switch format {
        case .logfmt:
            if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            append(key)
            bytes.append(UInt8(ascii: "="))
        case .json:
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            appendQuoted(key)
            bytes.append(UInt8(ascii: ":"))
        }
        append(value)
    }

    /// The bytes of the line with its newline.
    consuming func finished() -> [UInt8] {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func append(_ value: LogScalar) {
        switch value {
        case .string(let text): appendText(text)
        case .signed(let number): append(String(number))
        case .unsigned(let number): append(String(number))
        case .double(let number) where number.isFinite: append(String(number))
        case .double(let number): appendText(String(number))
        case .bool(let truth): append(truth ? "true" : "false")
        }
    }

    /// No value makes a line longer than this, in bytes: some are the words of a stranger.
    private static let longestText = 4096

    private mutating func appendText(_ whole: String) {
        let text = whole.cut(bytes: Self.longestText)
        if format == .logfmt, Self.standsUnquoted(text) {
            append(text)
        } else {
            appendQuoted(text)
        }
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends a JSON string literal; logfmt uses the same escapes, because its readers follow JSON here.
    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case _ where Self.isHiddenControl(scalar): appendEscaped(scalar)
            default: append(String(scalar))
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends `\uXXXX`; every hidden control lies in the basic plane, so four digits suffice.
    private mutating func appendEscaped(_ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16)
        append("\\u" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits)
    }

    /// True for text that reads back unchanged without quotes.
    private static func standsUnquoted(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar > " " && scalar != "\"" && scalar != "=" && scalar != "\\" && !isHiddenControl(scalar)
            }
    }

    /// True for what a terminal or an editor would act on instead of showing.
    ///
    /// C0 and C1 controls, line and paragraph separators, and the marks that reorder text: a volume name chosen by
    /// somebody else must not be able to start a new line or repaint the operator's screen.
    private static func isHiddenControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
