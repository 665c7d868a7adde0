/// A message of csi.proto as a value.
package protocol CSIMessage: Equatable, Sendable {
    /// The message with nothing set.
    init()
    /// Copies each field, in the direction of the coder; used by this target alone.
    mutating func code(with coder: FieldCoder)
}

/// A message that a caller sends.
package protocol CSIRequest: CSIMessage {
    /// The message that answers it.
    associatedtype Reply: CSIReply
}

/// A message that answers a call.
package protocol CSIReply: CSIMessage {
    /// The path of the call: "/csi.v1.Controller/CreateVolume".
    static var path: String { get }
}

extension CSIRequest {
    /// The path of the call: "/csi.v1.Controller/CreateVolume".
    package static var path: String { Reply.path }

    /// Reads a request from the wire; INVALID_ARGUMENT names the field that is wrong.
    package init(decoding bytes: [UInt8]) throws(CSIStatus) {
        do throws(WireFault) {
            try self.init(decoding: bytes, as: CSIMethod.serving(Self.path).request)
        } catch {
            throw CSIStatus(.invalidArgument, error.description)
        }
    }

    /// The bytes of the request on the wire; equal values give equal bytes.
    package func encoded() -> [UInt8] { encoded(as: CSIMethod.serving(Self.path).request) }
}

extension CSIReply {
    /// Reads a reply from the wire; INTERNAL names the field that is wrong.
    package init(decoding bytes: [UInt8]) throws(CSIStatus) {
        do throws(WireFault) {
            try self.init(decoding: bytes, as: CSIMethod.serving(Self.path).reply)
        } catch {
            throw CSIStatus(.internalError, error.description)
        }
    }

    /// The bytes of the reply on the wire; equal values give equal bytes.
    package func encoded() -> [UInt8] { encoded(as: CSIMethod.serving(Self.path).reply) }
}

extension CSIMessage {
    init(reading message: MessageView) {
        self.init()
        code(with: FieldCoder(reading: message))
    }

    fileprivate init(decoding bytes: [UInt8], as type: MessageType) throws(WireFault) {
        let message = try OwnedMessage(unpacking: bytes, as: type)
        self = message.withView { Self(reading: $0) }
    }

    fileprivate func encoded(as type: MessageType) -> [UInt8] {
        let message = OwnedMessage(empty: type)
        message.withView { view in
            var copy = self
            copy.code(with: FieldCoder(writing: view))
        }
        return message.packed()
    }
}

extension CSIMethod {
    /// The call with a path that one of this target's types states.
    fileprivate static func serving(_ path: String) -> CSIMethod {
        guard let method = find(path) else { preconditionFailure("csi.proto has no call \(path)") }
        return method
    }
}

/// An enum of csi.proto, whose numbers start at zero and leave none out.
package protocol WireEnum: Equatable, Sendable {
    /// The named values, each at the place of its number.
    static var named: [Self] { get }
    /// A number that csi.proto does not name.
    static func unrecognized(_ number: Int32) -> Self
    /// The number, if it is one that csi.proto does not name.
    var unrecognizedNumber: Int32? { get }
}

extension WireEnum {
    /// The value that a number on the wire stands for.
    package init(number: Int32) {
        let index = Int(number)
        self = Self.named.indices.contains(index) ? Self.named[index] : .unrecognized(number)
    }

    /// The number on the wire.
    package var number: Int32 {
        if let number = unrecognizedNumber { return number }
        guard let index = Self.named.firstIndex(of: self) else {
            preconditionFailure("\(Self.self) leaves out the number of \(self)")
        }
        return Int32(index)
    }
}
