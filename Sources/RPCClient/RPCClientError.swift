/// Why a call has no answer from the server.
package enum RPCClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nothing could be connected to at the path.
    case cannotConnect(path: String, cause: String)

    /// The time given by the caller ran out; the call was cancelled.
    case timedOut

    /// The connection ended before the call did.
    case connectionLost

    /// The server takes no more calls on this connection (GOAWAY).
    case goingAway

    /// The server cut the call with this HTTP/2 error code (RST_STREAM).
    case reset(code: UInt32)

    /// What came is not gRPC.
    case protocolViolation(String)

    /// The connection was closed by `close()`.
    case closed

    /// A sentence for people.
    package var description: String {
        switch self {
        case .cannotConnect(let path, let cause): "cannot connect to \(path): \(cause)"
        case .timedOut: "no answer in time; the call was cancelled"
        case .connectionLost: "the connection was lost before the answer came"
        case .goingAway: "the server is going away and takes no more calls on this connection"
        case .reset(let code): "the server cut the call (HTTP/2 error code \(code))"
        case .protocolViolation(let what): "the answer is not gRPC: \(what)"
        case .closed: "the connection is closed"
        }
    }
}

/// The end of a call: status, and the reply of a unary call.
package struct RPCReply: Equatable, Sendable {
    /// The gRPC status code, 0 for success.
    package let code: Int32

    /// The status message, percent-decoded.
    package let message: String

    /// The reply message; empty for a stream and for failures.
    package let body: [UInt8]

    /// Makes a reply, for comparisons.
    package init(code: Int32, message: String, body: [UInt8]) {
        self.code = code
        self.message = message
        self.body = body
    }
}
