import Text

/// What is wrong with the bytes of a message, and where.
struct WireFault: Error, Equatable {
    /// The names from the outermost message to the field.
    var path: [String]
    /// The fault, as the end of a sentence that starts with the path.
    var reason: String
    /// True for what is well formed and larger than it may be, or no value for its field.
    var isOfValue = false

    /// What the services say of a field that breaks a rule, they and this target say alike.
    var description: String {
        isOfValue ? "\(Self.joined(path.dropFirst())): \(reason)" : "\(Self.joined(path[...])) \(reason)"
    }

    private static func joined(_ path: ArraySlice<String>) -> String {
        path.reduce("") { $0.isEmpty || $1.begins(with: "[") ? $0 + $1 : "\($0).\($1)" }
    }

    /// The fault of a value, still without its place.
    static func ofValue(_ reason: String) -> WireFault {
        WireFault(path: [], reason: reason, isOfValue: true)
    }

    static func tooLong(_ bytes: Int, _ limit: Int) -> WireFault {
        ofValue("it has \(bytes) bytes, more than the \(limit) allowed")
    }

    /// The same fault, seen from a message that has the other one in a field of that name.
    func inside(_ name: String) -> WireFault {
        WireFault(path: [name] + path, reason: reason, isOfValue: isOfValue)
    }
}

/// Checks the bytes of a message against its type before protobuf-c sees them.
///
/// protobuf-c hands strings out as C strings, without looking at their bytes: one with a NUL inside would
/// silently become shorter, one that is not UTF-8 would be repaired into another. It also allocates for each
/// element, which many empty elements could turn into a lot of memory. What passes here unpacks faithfully, and no text
/// of it is longer than `WireBounds` says.
struct WireScan {
    /// LIMIT: how many fields a message may hold in all, those of nested messages included.
    static let maximumFields = 262_144

    private let bytes: [UInt8]
    private var position = 0
    private var fieldCount = 0
    /// The bytes of all texts so far.
    private var textBytes = 0

    /// Throws the first fault of `bytes` as a message of this type.
    static func check(_ bytes: [UInt8], as type: MessageType) throws(WireFault) {
        var scan = WireScan(bytes: bytes)
        do throws(WireFault) {
            try scan.message(type, upTo: bytes.count)
        } catch {
            throw error.inside(type.name)
        }
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func message(_ type: MessageType, upTo end: Int) throws(WireFault) {
        var nested: Set<UInt32> = []
        var tally = WireTally()
        while position < end {
            let tag = try varint(upTo: end, maximumLength: 5)
            guard tag <= UInt64(UInt32.max), tag >> 3 != 0 else {
                throw WireFault(path: [], reason: "holds an impossible field number")
            }
            fieldCount += 1
            guard fieldCount <= Self.maximumFields else {
                throw WireFault(path: [], reason: "holds more than \(Self.maximumFields) fields")
            }
            let content = try content(wireType: tag & 7, upTo: end)
            guard let field = type.field(numbered: UInt32(tag >> 3)) else { continue }
            do throws(WireFault) {
                try check(content, wireType: tag & 7, as: field, &tally)
                // WORKAROUND(protobuf-c 1.4.1): two parts of one nested message should merge, but the numbers and
                // flags of the first are lost. No sender is known to split one. Remove when protobuf-c merges them.
                if field.isNestedMessage, !nested.insert(field.number).inserted {
                    throw WireFault(path: [], reason: "is there twice")
                }
            } catch {
                throw error.inside(field.name)
            }
        }
    }

    /// Steps over one value and returns where its content is.
    private mutating func content(wireType: UInt64, upTo end: Int) throws(WireFault) -> Range<Int> {
        let length: Int
        switch wireType {
        case 0:
            let start = position
            _ = try varint(upTo: end, maximumLength: 10)
            return start..<position
        case 1: length = 8
        case 2:
            let announced = try varint(upTo: end, maximumLength: 5)
            length = announced <= UInt64(Int32.max) ? Int(announced) : Int.max
        case 5: length = 4
        default: throw WireFault(path: [], reason: "holds a value of unknown wire type \(wireType)")
        }
        guard length <= end - position else { throw WireFault(path: [], reason: "ends too early") }
        let start = position
        position += length
        return start..<position
    }

    private mutating func check(
        _ content: Range<Int>, wireType: UInt64, as field: FieldType, _ tally: inout WireTally
    ) throws(WireFault) {
        let expected: UInt64
        switch field.kind {
        case .int32, .int64, .bool, .enumeration: expected = 0
        case .string, .message: expected = 2
        }
        guard wireType == expected else {
            throw WireFault(path: [], reason: "has wire type \(wireType) instead of \(expected)")
        }
        switch field.kind {
        case .int32, .int64, .bool, .enumeration: break
        case .string:
            if field.isRepeated { try tally.add(field, isMap: false, bytes: content.count) }
            if content.count > WireBounds.longestText {
                let limit = WireBounds.longest(field.name)
                guard content.count <= limit else { throw .tooLong(content.count, limit) }
            }
            try text(content)
        case .message(let type):
            position = content.lowerBound
            if field.isRepeated {
                try element(type, upTo: content.upperBound, of: field, &tally)
            } else {
                try message(type, upTo: content.upperBound)
            }
        }
    }

    /// Checks one message of a list, or one pair of a map.
    private mutating func element(
        _ type: MessageType, upTo end: Int, of field: FieldType, _ tally: inout WireTally
    ) throws(WireFault) {
        let isMap = type.isMapEntry
        let before = textBytes
        if isMap {
            try pair(type, upTo: end, isPlain: field.isSegments)
        } else {
            do throws(WireFault) {
                try message(type, upTo: end)
            } catch {
                // Where a list is at fault, people want to know which of its elements it is.
                throw error.isOfValue ? error.inside("[\(tally.index(of: field))]") : error
            }
        }
        try tally.add(field, isMap: isMap, bytes: isMap ? textBytes - before : 0)
    }

    /// Checks a key and its value, which are bounded together; `isPlain` refuses a key that no topology has.
    private mutating func pair(_ type: MessageType, upTo end: Int, isPlain: Bool) throws(WireFault) {
        while position < end {
            let tag = try varint(upTo: end, maximumLength: 5)
            fieldCount += 1
            guard fieldCount <= Self.maximumFields else {
                throw WireFault(path: [], reason: "holds more than \(Self.maximumFields) fields")
            }
            guard tag <= UInt64(UInt32.max), tag >> 3 != 0 else {
                throw WireFault(path: [], reason: "holds an impossible field number")
            }
            let content = try content(wireType: tag & 7, upTo: end)
            guard let field = type.field(numbered: UInt32(tag >> 3)) else { continue }
            do throws(WireFault) {
                guard tag & 7 == 2 else {
                    throw WireFault(path: [], reason: "has wire type \(tag & 7) instead of 2")
                }
                let limit = field.number == 1 ? WireBounds.longestKey : WireBounds.largestSum
                guard content.count <= limit else { throw .tooLong(content.count, limit) }
                try text(content)
                if isPlain, field.number == 1,
                    bytes[content].contains(where: { $0 <= 0x20 || $0 >= 0x7F })
                {
                    throw .ofValue("it is not of printable ASCII, as keys of topologies are")
                }
            } catch {
                throw error.inside(field.name)
            }
        }
    }

    private mutating func text(_ content: Range<Int>) throws(WireFault) {
        textBytes += content.count
        let span = bytes.span.extracting(content)
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: span)
        } catch {
            throw WireFault(path: [], reason: "is not valid UTF-8")
        }
        for index in span.indices where span[index] == 0 {
            throw WireFault(path: [], reason: "contains a NUL")
        }
    }

    private mutating func varint(upTo end: Int, maximumLength: Int) throws(WireFault) -> UInt64 {
        var value: UInt64 = 0
        for step in 0..<maximumLength {
            guard position < end else { throw WireFault(path: [], reason: "ends too early") }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << UInt64(7 * step)
            if byte < 0x80 { return value }
        }
        throw WireFault(path: [], reason: "holds a number that is too long")
    }
}
