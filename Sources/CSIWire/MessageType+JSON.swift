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
        field(named: name) ?? fields.first { $0.jsonName == name }
    }
}

extension FieldType {
    /// The name in lowerCamelCase.
    var jsonName: String {
        let words = name.split(separator: "_")
        return words.prefix(1).joined()
            + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
