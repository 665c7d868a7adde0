/// Copies fields between a Swift value and a message of protobuf-c, in the direction it was made for.
///
/// Each type of `CSI` states its fields once, in `code(with:)`, and that serves reading and writing alike.
/// Fields go by their names in csi.proto; a name that is not there is a programmer error and stops the process.
package struct FieldCoder {
    private let message: MessageView
    private let isReading: Bool

    init(reading message: MessageView) {
        self.message = message
        isReading = true
    }

    init(writing message: MessageView) {
        self.message = message
        isReading = false
    }

    private func field(_ name: String) -> FieldType {
        guard let field = message.type.field(named: name) else {
            preconditionFailure("\(message.type.fullName) has no field \(name)")
        }
        return field
    }

    /// A field and the type of the message it holds.
    private func nestedField(_ name: String) -> (FieldType, MessageType) {
        let field = field(name)
        guard case .message(let type) = field.kind else {
            preconditionFailure("\(message.type.fullName).\(name) does not hold a message")
        }
        return (field, type)
    }
}

// MARK: Scalars

extension FieldCoder {
    func string(_ name: String, _ value: inout String) {
        let field = field(name)
        if isReading { value = message.string(field) } else { message.setString(field, value) }
    }

    func strings(_ name: String, _ values: inout [String]) {
        let field = field(name)
        if isReading { values = message.strings(field) } else { message.setStrings(field, values) }
    }

    func integer<I: FixedWidthInteger>(_ name: String, _ value: inout I) {
        let field = field(name)
        if isReading { value = I(message.integer(field)) } else { message.setInteger(field, Int64(value)) }
    }

    func bool(_ name: String, _ value: inout Bool) {
        let field = field(name)
        if isReading { value = message.integer(field) != 0 } else { message.setInteger(field, value ? 1 : 0) }
    }

    func enumeration<E: WireEnum>(_ name: String, _ value: inout E) {
        let field = field(name)
        if isReading {
            value = E(number: Int32(message.integer(field)))
        } else {
            message.setInteger(field, Int64(value.number))
        }
    }
}

// MARK: Messages

extension FieldCoder {
    func message<M: CSIMessage>(_ name: String, _ value: inout M?) {
        let (field, type) = nestedField(name)
        if isReading {
            value = message.child(field).map { M(reading: $0) }
        } else if var copy = value {
            copy.code(with: FieldCoder(writing: message.addChild(field, type)))
        }
    }

    func messages<M: CSIMessage>(_ name: String, _ values: inout [M]) {
        let (field, type) = nestedField(name)
        if isReading {
            values = message.children(field).map { M(reading: $0) }
        } else {
            let children = message.addChildren(field, type, count: values.count)
            for (child, value) in zip(children, values) {
                var copy = value
                copy.code(with: FieldCoder(writing: child))
            }
        }
    }

    /// A nested message that has no Swift type of its own: `body` reads it if it is set, writes it if it should be.
    func nested(_ name: String, when isWanted: Bool, _ body: (FieldCoder) -> Void) {
        let (field, type) = nestedField(name)
        if isReading {
            if let child = message.child(field) { body(FieldCoder(reading: child)) }
        } else if isWanted {
            body(FieldCoder(writing: message.addChild(field, type)))
        }
    }

    func map(_ name: String, _ values: inout [String: String]) {
        let (field, type) = nestedField(name)
        guard let key = type.field(named: "key"), let content = type.field(named: "value") else {
            preconditionFailure("\(message.type.fullName).\(name) is not a map")
        }
        if isReading {
            // Protocol Buffers: of two entries with one key, the last counts.
            values = Dictionary(
                message.children(field).map { ($0.string(key), $0.string(content)) },
                uniquingKeysWith: { _, last in last })
        } else {
            let ordered = values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (entry, pair) in zip(message.addChildren(field, type, count: ordered.count), ordered) {
                entry.setString(key, pair.key)
                entry.setString(content, pair.value)
            }
        }
    }

    /// A google.protobuf.Int64Value.
    func integerValue(_ name: String, _ value: inout Int64?) {
        nested(name, when: value != nil) { coder in
            var content = value ?? 0
            coder.integer("value", &content)
            value = content
        }
    }

    /// A google.protobuf.BoolValue.
    func boolValue(_ name: String, _ value: inout Bool?) {
        nested(name, when: value != nil) { coder in
            var content = value ?? false
            coder.bool("value", &content)
            value = content
        }
    }
}
