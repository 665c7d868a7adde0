import Text

extension MessageType {
    /// A type of Protocol Buffers itself, which JSON writes in its own way.
    enum WellKnown {
        case wrapper(FieldType)
        case timestamp(seconds: FieldType, nanoseconds: FieldType)
    }

    /// Which type of Protocol Buffers itself this is, if any.
    var wellKnown: WellKnown? {
        switch fullName {
        case "google.protobuf.BoolValue", "google.protobuf.Int64Value":
            return field(named: "value").map { .wrapper($0) }
        case "google.protobuf.Timestamp":
            guard let seconds = field(named: "seconds"), let nanoseconds = field(named: "nanos") else {
                return nil
            }
            return .timestamp(seconds: seconds, nanoseconds: nanoseconds)
        default: return nil
        }
    }

    /// The field with this name, in the spelling of csi.proto or of JSON.
    func field(namedInJSON name: String) -> FieldType? {
        name.utf8.count > 128 ? nil : field(named: name) ?? fields.first { $0.jsonName.isSame(as: name) }
    }
}

extension FieldType {
    /// The name in lowerCamelCase.
    var jsonName: String {
        let words = name.parts(at: "_")
        // Names of fields are our own text.
        return words.prefix(1).joined()
            // Our own text, as above.
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
