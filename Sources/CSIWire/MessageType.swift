import CCSIProto
import Text

/// One service of csi.proto; the way to all message types.
///
/// Swift sees copies of the generated constants, but the pointers inside lead to the real tables. The address of a
/// copy must not become part of a message, so no type is taken from its own constant.
@safe
struct ServiceType {
    private let table: ProtobufCServiceDescriptor

    /// All services, in the order of csi.proto.
    static var all: [ServiceType] {
        [
            unsafe ServiceType(table: csi__v1__identity__descriptor),
            unsafe ServiceType(table: csi__v1__controller__descriptor),
            unsafe ServiceType(table: csi__v1__group_controller__descriptor),
            unsafe ServiceType(table: csi__v1__snapshot_metadata__descriptor),
            unsafe ServiceType(table: csi__v1__node__descriptor),
        ]
    }

    /// The name without the package.
    var name: String { unsafe String(cString: table.short_name) }

    /// The names of the methods, in the order of csi.proto.
    var methodNames: [String] {
        (0..<Int(unsafe table.n_methods)).map { unsafe String(cString: table.methods[$0].name) }
    }

    /// The type that a method takes.
    func request(ofMethod index: Int) -> MessageType {
        unsafe MessageType(descriptor: table.methods[index].input)
    }

    /// The type that a method returns, or each message of its stream.
    func reply(ofMethod index: Int) -> MessageType {
        unsafe MessageType(descriptor: table.methods[index].output)
    }
}

/// One message type of csi.proto, as the generated table describes it.
@safe
struct MessageType {
    /// Points into the constant tables of the generated code, so it is valid for good.
    let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

    /// The name without the package, such as "CreateVolumeRequest".
    var name: String { unsafe String(cString: descriptor.pointee.short_name) }

    /// The name with the package and the types around it.
    var fullName: String { unsafe String(cString: descriptor.pointee.name) }

    /// The fields, by ascending number.
    var fields: [FieldType] {
        (0..<Int(unsafe descriptor.pointee.n_fields)).map { index in
            unsafe FieldType(descriptor: descriptor.pointee.fields + index)
        }
    }

    /// The field with this number, if the type has one.
    func field(numbered number: UInt32) -> FieldType? {
        unsafe protobuf_c_message_descriptor_get_field(descriptor, number).map {
            unsafe FieldType(descriptor: $0)
        }
    }

    /// The field that csi.proto gives this name, if the type has one.
    func field(named name: String) -> FieldType? {
        unsafe protobuf_c_message_descriptor_get_field_by_name(descriptor, name)
            .map { unsafe FieldType(descriptor: $0) }
    }

    /// Whether protoc made this type for the entries of a `map<string, string>`.
    var isMapEntry: Bool {
        // Asked for each element of a list, so names come last.
        guard unsafe descriptor.pointee.n_fields == 2,
            unsafe descriptor.pointee.fields[0].type == PROTOBUF_C_TYPE_STRING,
            unsafe descriptor.pointee.fields[1].type == PROTOBUF_C_TYPE_STRING
        else { return false }
        let fields = fields
        return fields[0].name == "key" && fields[1].name == "value" && name.ends(with: "Entry")
    }
}

/// One field of a message type.
@safe
struct FieldType {
    /// What a field holds, or each of its elements if it is repeated.
    enum Kind {
        case int32
        case int64
        case bool
        case string
        case enumeration(EnumType)
        case message(MessageType)
    }

    /// Points into the constant tables of the generated code, so it is valid for good.
    let descriptor: UnsafePointer<ProtobufCFieldDescriptor>

    /// The name as csi.proto spells it.
    var name: String { unsafe String(cString: descriptor.pointee.name) }

    /// The number on the wire.
    var number: UInt32 { unsafe descriptor.pointee.id }

    /// Whether the field is a list or a map.
    var isRepeated: Bool { unsafe descriptor.pointee.label == PROTOBUF_C_LABEL_REPEATED }

    /// Whether setting the field clears the others of its group.
    var isOneOfMember: Bool {
        unsafe descriptor.pointee.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
    }

    /// Whether the field holds one message, not a list of them.
    var isNestedMessage: Bool { unsafe !isRepeated && descriptor.pointee.type == PROTOBUF_C_TYPE_MESSAGE }

    /// Whether csi.proto marks the field `csi_secret`; protoc-c drops the mark, but all and only those bear this name.
    var isSecret: Bool { name == "secrets" }

    /// Whether the field holds the keys and values of a topology.
    var isSegments: Bool { name == "segments" }

    /// Whether the field is a `map<string, string>`.
    var isMap: Bool {
        guard isRepeated, case .message(let type) = kind else { return false }
        return type.isMapEntry
    }

    /// What the field holds.
    var kind: Kind {
        let kind = unsafe descriptor.pointee.type
        let detail = unsafe descriptor.pointee.descriptor
        switch kind {
        case PROTOBUF_C_TYPE_INT32: return .int32
        case PROTOBUF_C_TYPE_INT64: return .int64
        case PROTOBUF_C_TYPE_BOOL: return .bool
        case PROTOBUF_C_TYPE_STRING: return .string
        case PROTOBUF_C_TYPE_ENUM:
            guard let detail = unsafe detail else { break }
            return .enumeration(
                unsafe EnumType(descriptor: detail.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)))
        case PROTOBUF_C_TYPE_MESSAGE:
            guard let detail = unsafe detail else { break }
            return .message(
                unsafe MessageType(
                    descriptor: detail.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)))
        default: break
        }
        preconditionFailure("csi.proto has no field like \(name), of kind \(kind.rawValue)")
    }
}

/// One enum of csi.proto.
@safe
struct EnumType {
    /// Points into the constant tables of the generated code, so it is valid for good.
    let descriptor: UnsafePointer<ProtobufCEnumDescriptor>

    /// All names, by ascending number.
    var names: [String] {
        (0..<Int(unsafe descriptor.pointee.n_values)).map { index in
            unsafe String(cString: descriptor.pointee.values[index].name)
        }
    }

    /// The name of a number, if csi.proto gives it one.
    func name(of number: Int32) -> String? {
        unsafe protobuf_c_enum_descriptor_get_value(descriptor, number)
            .map { unsafe String(cString: $0.pointee.name) }
    }

    /// The number of a name, if csi.proto has it.
    func number(of name: String) -> Int32? {
        unsafe protobuf_c_enum_descriptor_get_value_by_name(descriptor, name)
            .map { unsafe $0.pointee.value }
    }
}
