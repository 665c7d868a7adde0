/// Turns a message into JSON; fields that are unset or have their default value are left out.
enum JSONOutput {
    /// The value that stands for a message.
    static func message(_ message: MessageView) -> JSONValue {
        switch message.type.wellKnown {
        case .wrapper(let content): return single(content, of: message)
        case .timestamp(let seconds, let nanoseconds):
            let time = JSONTimestamp(
                seconds: message.integer(seconds), nanoseconds: Int32(message.integer(nanoseconds)))
            if let text = time.text { return .string(text) }
        case nil: break
        }
        return .object(
            message.type.fields.compactMap { field in
                guard let value = value(of: field, in: message) else { return nil }
                return JSONValue.Member(name: field.name, value: value)
            })
    }

    private static func value(of field: FieldType, in message: MessageView) -> JSONValue? {
        guard field.isRepeated else { return isSet(field, in: message) ? single(field, of: message) : nil }
        guard case .message(let type) = field.kind else {
            let strings = message.strings(field)
            return strings.isEmpty ? nil : .array(strings.map { .string($0) })
        }
        let children = message.children(field)
        if children.isEmpty { return nil }
        if field.isSecret { return .string("<redacted>") }
        guard field.isMap, let key = type.field(named: "key"), let value = type.field(named: "value") else {
            return .array(children.map { Self.message($0) })
        }
        // Protocol Buffers: of two entries with one key, the last counts.
        let entries = Dictionary(
            children.map { (Array($0.string(key).utf8), $0.string(value)) },
            uniquingKeysWith: { _, last in last })
        let ordered = entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return .object(
            ordered.map {
                JSONValue.Member(name: String(decoding: $0.key, as: UTF8.self), value: .string($0.value))
            })
    }

    private static func isSet(_ field: FieldType, in message: MessageView) -> Bool {
        switch field.kind {
        case .message: message.child(field) != nil
        case .string: !message.string(field).isEmpty
        case .int32, .int64, .bool, .enumeration: message.integer(field) != 0
        }
    }

    private static func single(_ field: FieldType, of message: MessageView) -> JSONValue {
        switch field.kind {
        case .message: return message.child(field).map { Self.message($0) } ?? .null
        case .string: return .string(message.string(field))
        case .bool: return .bool(message.integer(field) != 0)
        case .int32: return .number(String(message.integer(field)))
        // Protocol Buffers: JSON readers may round large numbers, so 64 bits travel as text.
        case .int64: return .string(String(message.integer(field)))
        case .enumeration(let type):
            let number = Int32(message.integer(field))
            return type.name(of: number).map { .string($0) } ?? .number(String(number))
        }
    }
}
