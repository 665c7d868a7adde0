/// Which threads run a method's handler.
package enum RPCLane: Sendable {
    /// A few threads for handlers that never wait for disk, kernel or lock, so that probes always get an answer.
    case quick

    /// The bounded pool for everything else, parted by shares.
    case work
}

/// A path, the lane it runs on and the code that answers it.
package struct RPCMethod: Sendable {
    /// Answers a request with one message.
    package typealias UnaryHandler = @Sendable (RPCCall, [UInt8]) throws(RPCStatus) -> [UInt8]

    /// Answers a request with any number of messages, each passed to the last parameter.
    package typealias StreamingHandler =
        @Sendable (RPCCall, [UInt8], (_ message: [UInt8]) throws(RPCStatus) -> Void) throws(RPCStatus) -> Void

    /// Says from a request whose part of the work lane the call takes.
    ///
    /// Runs on a thread of that lane, must not wait for anything, and gives names that are known beforehand only.
    package typealias Sharing = @Sendable (_ request: [UInt8]) -> RPCShare

    enum Handler: Sendable {
        case unary(UnaryHandler)
        case serverStreaming(StreamingHandler)
    }

    let path: String
    let lane: RPCLane
    let sharing: Sharing?
    let handler: Handler

    /// A method with one request and one reply, at a path like "/package.Service/Method".
    package static func unary(
        _ path: String, lane: RPCLane, sharing: Sharing? = nil, _ handler: @escaping UnaryHandler
    ) -> RPCMethod {
        RPCMethod(path: path, lane: lane, sharing: sharing, handler: .unary(handler))
    }

    /// A method with one request and a stream of replies.
    ///
    /// Passing a message waits until flow control lets it through, and throws CANCELLED once the client is gone.
    package static func serverStreaming(
        _ path: String, lane: RPCLane, _ handler: @escaping StreamingHandler
    ) -> RPCMethod {
        RPCMethod(path: path, lane: lane, sharing: nil, handler: .serverStreaming(handler))
    }
}
