/// The outcome of a call other than success: a gRPC code and a sentence.
package struct RPCStatus: Error, Equatable, Sendable {
    /// The gRPC status code, 1 to 16.
    package let code: Int32

    /// What happened, for people.
    package let message: String

    /// Makes a status of any code.
    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// CANCELLED: the caller gave up.
    package static func cancelled(_ message: String) -> RPCStatus { RPCStatus(code: 1, message: message) }

    /// INVALID_ARGUMENT: the request is wrong whatever the state.
    package static func invalidArgument(_ message: String) -> RPCStatus {
        RPCStatus(code: 3, message: message)
    }

    /// DEADLINE_EXCEEDED: the time of the call ran out.
    package static func deadlineExceeded(_ message: String) -> RPCStatus {
        RPCStatus(code: 4, message: message)
    }

    /// PERMISSION_DENIED: whoever calls may not.
    package static func permissionDenied(_ message: String) -> RPCStatus {
        RPCStatus(code: 7, message: message)
    }

    /// RESOURCE_EXHAUSTED: something was too large, or used up.
    package static func resourceExhausted(_ message: String) -> RPCStatus {
        RPCStatus(code: 8, message: message)
    }

    /// ABORTED: another operation is in the way.
    package static func aborted(_ message: String) -> RPCStatus { RPCStatus(code: 10, message: message) }

    /// UNIMPLEMENTED: no such method.
    package static func unimplemented(_ message: String) -> RPCStatus {
        RPCStatus(code: 12, message: message)
    }

    /// INTERNAL: the server could not do its part.
    package static func internalError(_ message: String) -> RPCStatus {
        RPCStatus(code: 13, message: message)
    }

    /// UNAVAILABLE: not now; the same call may be tried again.
    package static func unavailable(_ message: String) -> RPCStatus { RPCStatus(code: 14, message: message) }

    /// The longest message that goes to a client, in bytes: header blocks are limited to a few KiB by many clients.
    static let messageLimit = 1024

    /// The message as UTF-8, cut at a character boundary where it is longer than the limit, without blanks at its ends.
    ///
    /// gRPC core sends a blank as it is, and a header value with one at an end is malformed (RFC 9113, 8.2.1): nghttp2
    /// drops it with all that belongs to it, so that the client would wait for its status until its deadline.
    var messageBytes: [UInt8] {
        var bytes = Array(message.utf8.drop(while: Self.isBlank).prefix(Self.messageLimit + 1))
        if bytes.count > Self.messageLimit {
            var end = Self.messageLimit
            while end > 0, bytes[end] & 0b1100_0000 == 0b1000_0000 { end -= 1 }
            bytes.removeSubrange(end...)
        }
        while let last = bytes.last, Self.isBlank(last) { bytes.removeLast() }
        return bytes
    }

    /// White space of ASCII, and NUL, which is the end of the text for many who read it.
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0 || byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
