import CCSIProto
import Glibc

/// A message in the memory of protobuf-c, freed with all that hangs on it when this value ends.
@safe
struct OwnedMessage: ~Copyable {
    private let pointer: UnsafeMutablePointer<ProtobufCMessage>

    /// Unpacks bytes after checking them.
    init(unpacking bytes: [UInt8], as type: MessageType) throws(WireFault) {
        try WireScan.check(bytes, as: type)
        let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe protobuf_c_message_unpack(type.descriptor, nil, buffer.count, buffer.baseAddress)
        }
        guard let unpacked = unsafe unpacked else {
            throw WireFault(path: [type.name], reason: "cannot be unpacked")
        }
        unsafe pointer = unpacked
    }

    /// Makes a message with nothing set.
    init(empty type: MessageType) {
        unsafe pointer = OwnedMessage.allocate(type)
    }

    deinit {
        unsafe protobuf_c_message_free_unpacked(pointer, nil)
    }

    /// Lends the fields to `body`; the view and all that comes from it end with the call.
    borrowing func withView<R, E: Error>(_ body: (MessageView) throws(E) -> R) throws(E) -> R {
        try body(unsafe MessageView(pointer))
    }

    /// The bytes of the message on the wire.
    borrowing func packed() -> [UInt8] {
        let size = unsafe protobuf_c_message_get_packed_size(pointer)
        // Many replies are empty, and for no capacity Swift writes a count into the one empty array that all share.
        guard size > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            count = unsafe protobuf_c_message_pack(pointer, start)
        }
    }

    /// Memory for one message, to be freed by `protobuf_c_message_free_unpacked`, alone or as part of another.
    static func allocate(_ type: MessageType) -> UnsafeMutablePointer<ProtobufCMessage> {
        let size = unsafe type.descriptor.pointee.sizeof_message
        guard let memory = unsafe malloc(size) else { preconditionFailure("out of memory") }
        let message = unsafe memory.bindMemory(to: ProtobufCMessage.self, capacity: 1)
        unsafe protobuf_c_message_init(type.descriptor, message)
        return unsafe message
    }
}
