import Text

/// Fills a message from JSON, and knows where in the message it is.
struct JSONInput {
    /// The names from the outermost message to here.
    var path: [String]

    private func fault(_ reason: String) -> CSIJSONError {
        CSIJSONError("\(path.joined(separator: ".")) \(reason)")
    }

    private func mismatch(_ wanted: String, _ value: JSONValue) -> CSIJSONError {
        fault("must be \(wanted), not \(value.kind)")
    }

    private func inside(_ name: String) -> JSONInput {
        JSONInput(path: path + [name])
    }

    /// Sets the fields of an empty message.
    func fill(_ message: MessageView, from value: JSONValue) throws(CSIJSONError) {
        switch message.type.wellKnown {
        case .wrapper(let content): return try setSingle(content, of: message, to: value)
        case .timestamp(let seconds, let nanoseconds):
            guard case .string(let text) = value else { throw mismatch("a string", value) }
            guard let time = JSONTimestamp(text) else {
                throw fault("must be a time like 2025-01-31T23:59:59.5Z")
            }
            message.setInteger(seconds, time.seconds)
            message.setInteger(nanoseconds, Int64(time.nanoseconds))
            return
        case nil: break
        }
        guard case .object(let members) = value else { throw mismatch("an object", value) }
        var used: Set<UInt32> = []
        var chosen: String?
        for member in members {
            guard let field = message.type.field(namedInJSON: member.name) else {
                throw fault("has no field \(member.name.cut(bytes: 64))")
            }
            guard used.insert(field.number).inserted else { throw fault("has \(field.name) twice") }
            // Protocol Buffers: null leaves a field unset.
            if member.value == .null { continue }
            if field.isOneOfMember {
                if let chosen { throw fault("can have one of \(chosen) and \(field.name), not both") }
                chosen = field.name
            }
            try inside(field.name).set(field, of: message, to: member.value)
        }
    }

    private func set(
        _ field: FieldType, of message: MessageView, to value: JSONValue
    ) throws(CSIJSONError) {
        if field.isMap { return try setMap(field, of: message, to: value) }
        if !field.isRepeated { return try setSingle(field, of: message, to: value) }
        guard case .array(let elements) = value else { throw mismatch("an array", value) }
        guard case .message(let type) = field.kind else {
            var strings: [String] = []
            for (index, element) in elements.enumerated() {
                strings.append(try inside("\(index)").string(element))
            }
            return message.setStrings(field, strings)
        }
        let children = message.addChildren(field, type, count: elements.count)
        for (index, child) in children.enumerated() {
            try inside("\(index)").fill(child, from: elements[index])
        }
    }

    private func setSingle(
        _ field: FieldType, of message: MessageView, to value: JSONValue
    ) throws(CSIJSONError) {
        switch field.kind {
        case .string: message.setString(field, try string(value))
        case .message(let type): try fill(message.addChild(field, type), from: value)
        case .bool:
            guard case .bool(let bool) = value else { throw mismatch("a boolean", value) }
            message.setInteger(field, bool ? 1 : 0)
        case .int32: message.setInteger(field, Int64(try integer(value, as: Int32.self)))
        case .int64: message.setInteger(field, try integer(value, as: Int64.self))
        case .enumeration(let type):
            if case .string(let name) = value {
                guard let number = type.number(of: name) else {
                    throw fault(
                        "cannot be \(name.cut(bytes: 64)); it can be \(type.names.joined(separator: ", "))")
                }
                message.setInteger(field, Int64(number))
            } else {
                message.setInteger(field, Int64(try integer(value, as: Int32.self)))
            }
        }
    }

    private func setMap(
        _ field: FieldType, of message: MessageView, to value: JSONValue
    ) throws(CSIJSONError) {
        guard case .object(let members) = value else { throw mismatch("an object", value) }
        guard case .message(let type) = field.kind, let keyField = type.field(named: "key"),
            let valueField = type.field(named: "value")
        else { preconditionFailure("\(field.name) is not a map") }
        let entries = message.addChildren(field, type, count: members.count)
        let ordered = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (entry, member) in zip(entries, ordered) {
            let place = inside(member.name)
            entry.setString(keyField, try place.string(.string(member.name)))
            entry.setString(valueField, try place.string(member.value))
        }
    }

    private func string(_ value: JSONValue) throws(CSIJSONError) -> String {
        guard case .string(let text) = value else { throw mismatch("a string", value) }
        if text.utf8.contains(0) { throw fault("contains a NUL") }
        return text
    }

    private func integer<I: FixedWidthInteger>(
        _ value: JSONValue, as: I.Type
    ) throws(CSIJSONError) -> I {
        let digits: String
        switch value {
        case .number(let text), .string(let text): digits = text
        default: throw mismatch("a number", value)
        }
        guard let integer = I(digits) else {
            throw fault("must be a whole number from \(I.min) to \(I.max)")
        }
        return integer
    }
}
