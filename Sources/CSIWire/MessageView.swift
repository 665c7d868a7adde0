import CCSIProto
import Glibc
import Text

/// The fields of a message that an `OwnedMessage` lends out, read and set by their place in the generated tables.
///
/// A view is valid only inside `OwnedMessage.withView`. Setters expect a field that is not set yet.
@safe
struct MessageView {
    private let memory: UnsafeMutableRawPointer
    let type: MessageType

    /// Looks at a message of which somebody else is the owner.
    @unsafe
    init(_ message: UnsafeMutablePointer<ProtobufCMessage>) {
        unsafe memory = UnsafeMutableRawPointer(message)
        type = unsafe MessageType(descriptor: message.pointee.descriptor)
    }

    private func place<T>(of field: FieldType, as: T.Type) -> UnsafeMutablePointer<T> {
        unsafe (memory + Int(field.descriptor.pointee.offset)).assumingMemoryBound(to: T.self)
    }

    private func quantifier<T>(of field: FieldType, as: T.Type) -> UnsafeMutablePointer<T> {
        unsafe (memory + Int(field.descriptor.pointee.quantifier_offset)).assumingMemoryBound(to: T.self)
    }

    /// Whether the group that the field belongs to, if any, is set to this field.
    private func isChosen(_ field: FieldType) -> Bool {
        guard field.isOneOfMember else { return true }
        return unsafe quantifier(of: field, as: UInt32.self).pointee == field.number
    }

    private func choose(_ field: FieldType) {
        if field.isOneOfMember { unsafe quantifier(of: field, as: UInt32.self).pointee = field.number }
    }
}

// MARK: Single values

extension MessageView {
    /// The value of an integer, boolean or enum field.
    func integer(_ field: FieldType) -> Int64 {
        switch field.kind {
        case .int64: unsafe place(of: field, as: Int64.self).pointee
        default: Int64(unsafe place(of: field, as: Int32.self).pointee)
        }
    }

    /// Sets an integer, boolean or enum field; the value must fit.
    func setInteger(_ field: FieldType, _ value: Int64) {
        switch field.kind {
        case .int64: unsafe place(of: field, as: Int64.self).pointee = value
        default: unsafe place(of: field, as: Int32.self).pointee = Int32(value)
        }
    }

    /// The value of a string field; the bytes have been checked before unpacking.
    func string(_ field: FieldType) -> String {
        unsafe place(of: field, as: UnsafePointer<CChar>?.self).pointee.map { unsafe String(cString: $0) }
            ?? ""
    }

    /// Sets a string field to a copy.
    func setString(_ field: FieldType, _ value: String) {
        if value.isEmpty { return }
        unsafe place(of: field, as: UnsafeMutablePointer<CChar>?.self).pointee = Self.copy(value)
    }

    /// The nested message of a field, if it is set.
    func child(_ field: FieldType) -> MessageView? {
        guard isChosen(field) else { return nil }
        return unsafe place(of: field, as: UnsafeMutablePointer<ProtobufCMessage>?.self).pointee
            .map { unsafe MessageView($0) }
    }

    /// Sets a field to a nested message with nothing set in it.
    func addChild(_ field: FieldType, _ childType: MessageType) -> MessageView {
        choose(field)
        let child = unsafe OwnedMessage.allocate(childType)
        unsafe place(of: field, as: UnsafeMutablePointer<ProtobufCMessage>?.self).pointee = child
        return unsafe MessageView(child)
    }
}

// MARK: Lists

extension MessageView {
    /// The strings of a repeated field.
    func strings(_ field: FieldType) -> [String] {
        let count = unsafe quantifier(of: field, as: Int.self).pointee
        guard
            let list = unsafe place(of: field, as: UnsafeMutablePointer<UnsafePointer<CChar>?>?.self).pointee
        else { return [] }
        return (0..<count).map { unsafe Self.string(at: list[$0]) }
    }

    /// Sets a repeated field to copies of these strings.
    func setStrings(_ field: FieldType, _ values: [String]) {
        guard let list = unsafe addList(field, of: CChar.self, count: values.count) else { return }
        for (index, value) in values.enumerated() { unsafe list[index] = Self.copy(value) }
    }

    /// The nested messages of a repeated field.
    func children(_ field: FieldType) -> [MessageView] {
        let count = unsafe quantifier(of: field, as: Int.self).pointee
        guard
            let list =
                unsafe place(
                    of: field, as: UnsafeMutablePointer<UnsafeMutablePointer<ProtobufCMessage>>?.self
                )
                .pointee
        else { return [] }
        return (0..<count).map { index in unsafe MessageView(list[index]) }
    }

    /// Sets a repeated field to so many messages with nothing set in them.
    func addChildren(_ field: FieldType, _ childType: MessageType, count: Int) -> [MessageView] {
        guard let list = unsafe addList(field, of: ProtobufCMessage.self, count: count) else { return [] }
        return (0..<count).map { index in
            let child = unsafe OwnedMessage.allocate(childType)
            unsafe list[index] = child
            return unsafe MessageView(child)
        }
    }

    /// Attaches a list of null pointers, or nothing if it would be empty.
    private func addList<T>(
        _ field: FieldType, of: T.Type, count: Int
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<T>?>? {
        if count == 0 { return nil }
        guard let memory = unsafe calloc(count, MemoryLayout<UnsafeMutablePointer<T>?>.stride) else {
            preconditionFailure("out of memory")
        }
        let list = unsafe memory.bindMemory(to: UnsafeMutablePointer<T>?.self, capacity: count)
        unsafe place(of: field, as: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?.self).pointee = list
        unsafe quantifier(of: field, as: Int.self).pointee = count
        return unsafe list
    }

    private static func string(at pointer: UnsafePointer<CChar>?) -> String {
        guard let pointer = unsafe pointer else { return "" }
        return unsafe String(cString: pointer)
    }

    /// A C string for protobuf-c to free; a NUL, which it could not carry, becomes a replacement character.
    private static func copy(_ value: String) -> UnsafeMutablePointer<CChar> {
        let clean =
            value.utf8.contains(0)
            ? value.parts(at: "\0", keepingEmpty: true).joined(separator: "\u{FFFD}") : value
        guard let copy = unsafe strdup(clean) else { preconditionFailure("out of memory") }
        return unsafe copy
    }
}
