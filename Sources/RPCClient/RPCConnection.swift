// A small gRPC client on libnghttp2, an HTTP/2 stack of its own beside the server's: for the command line, probes,
// measurements and tests. Blocking, one call at a time per connection.
//
// It must not know what the bytes mean, nor anything of CSI.

internal import CHTTP2Client
internal import Glibc

/// One connection to a server's Unix socket; calls from one thread at a time.
@safe package final class RPCConnection {
    private var handle: http2client_connection?

    /// Connects, waiting that many seconds at most while the server's backlog is full.
    package init(socket path: String, timeout seconds: Double = 5) throws(RPCClientError) {
        var handle = unsafe http2client_connection()
        let result = unsafe http2client_connect(path, Self.instant(after: seconds), &handle)
        guard result == 0 else {
            throw .cannotConnect(path: path, cause: unsafe String(cString: strerror(-result)))
        }
        unsafe self.handle = unsafe handle
    }

    deinit { close() }

    /// Ends the connection; later calls throw `closed`.
    package func close() {
        if let handle = unsafe handle { unsafe http2client_close(handle) }
        unsafe handle = nil
    }

    /// Calls a method with one reply; the timeout goes to the server too.
    package func unary(
        _ path: String, _ request: [UInt8], timeout seconds: Double? = nil
    ) throws(RPCClientError) -> RPCReply {
        try raw(
            path, body: MessageReader.frame(request), timeout: seconds, grpcTimeout: seconds.map(Self.header))
    }

    /// Calls a method with a stream of replies, each passed on as it comes.
    ///
    /// Nothing is read while `onMessage` runs, so flow control holds the server back.
    package func serverStreaming(
        _ path: String, _ request: [UInt8], timeout seconds: Double? = nil, onMessage: ([UInt8]) -> Void
    ) throws(RPCClientError) -> RPCReply {
        try begin(path, MessageReader.frame(request), seconds.map(Self.header), endStream: true)
        return try finish(until: seconds.map(Self.instant(after:)) ?? Int64.max, onMessage)
    }

    /// Sends any bytes as the body of a call, for tests of hostile clients.
    ///
    /// `timeout` is this side's alone; `grpcTimeout` is the header's value as sent.
    package func raw(
        _ path: String, body: [UInt8], endStream: Bool = true, timeout seconds: Double? = nil,
        grpcTimeout: String? = nil
    ) throws(RPCClientError) -> RPCReply {
        try begin(path, body, grpcTimeout, endStream: endStream)
        var messages: [[UInt8]] = []
        let until = seconds.map(Self.instant(after:)) ?? Int64.max
        let reply = try finish(until: until) { messages.append($0) }
        guard reply.code == 0 else { return reply }
        guard messages.count == 1 else {
            throw .protocolViolation("\(messages.count) messages in a unary reply")
        }
        return RPCReply(code: 0, message: reply.message, body: messages[0])
    }

    /// Starts a call, waits that long, and abandons it (RST_STREAM with CANCEL); true if it had ended before.
    package func abandon(
        _ path: String, _ request: [UInt8], after seconds: Double
    ) throws(RPCClientError) -> Bool {
        try begin(path, MessageReader.frame(request), nil, endStream: true)
        do throws(RPCClientError) {
            _ = try finish(until: Self.instant(after: seconds)) { _ in }
            return true
        } catch .timedOut {
            return false
        }
    }

    /// Sends bytes on a connection of their own: what the server said before it closed, or nil if it did not close.
    package static func rawExchange(
        socket path: String, bytes: [UInt8], timeout seconds: Double
    ) throws(RPCClientError) -> [UInt8]? {
        var reply = [UInt8](repeating: 0, count: 64 * 1024)
        let capacity = reply.count
        let result = unsafe reply.withUnsafeMutableBufferPointer { reply in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe http2client_raw_exchange(
                    path, bytes.baseAddress, bytes.count, reply.baseAddress, capacity, instant(after: seconds)
                )
            }
        }
        if result == -Int64(ETIMEDOUT) { return nil }
        guard result >= 0 else { throw failure(Int32(result)) }
        return Array(reply.prefix(Int(result)))
    }

    private func open() throws(RPCClientError) -> http2client_connection {
        guard let handle = unsafe handle else { throw .closed }
        return unsafe handle
    }

    private func begin(
        _ path: String, _ body: [UInt8], _ grpcTimeout: String?, endStream: Bool
    ) throws(RPCClientError) {
        let handle = try unsafe open()
        let result = unsafe body.withUnsafeBufferPointer { body in
            unsafe http2client_begin(handle, path, grpcTimeout, body.baseAddress, body.count, endStream)
        }
        guard result == 0 else { throw Self.failure(result) }
    }

    private func finish(
        until: Int64, _ onMessage: ([UInt8]) -> Void
    ) throws(RPCClientError) -> RPCReply {
        let handle = try unsafe open()
        var reader = MessageReader()
        // A stream that ended is closed already; then this does nothing.
        defer { unsafe http2client_cancel(handle) }
        while true {
            let event = unsafe http2client_next(handle, until)
            guard event >= 0 else { throw Self.failure(event) }
            guard Int(event) == http2client_event_data else { break }
            let length = Int(unsafe http2client_take_data(handle, nil, 0))
            reader.append(
                unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
                    filled = Int(unsafe http2client_take_data(handle, buffer.baseAddress, length))
                })
            while let message = try reader.next() { onMessage(message) }
        }
        return try unsafe reply(handle, complete: reader.isEmpty)
    }

    private func reply(
        _ handle: http2client_connection, complete: Bool
    ) throws(RPCClientError) -> RPCReply {
        let result = unsafe http2client_result_get(handle)
        guard result.grpc_status >= 0 else {
            if result.reset_code != 0 { throw .reset(code: result.reset_code) }
            throw .protocolViolation("no grpc-status (HTTP status \(result.http_status))")
        }
        guard complete || result.grpc_status != 0 else { throw .protocolViolation("a message was cut short") }
        guard result.message_length > 0 else {
            return RPCReply(code: result.grpc_status, message: "", body: [])
        }
        let text = unsafe [UInt8](unsafeUninitializedCapacity: result.message_length) { buffer, filled in
            filled = Int(unsafe http2client_copy_message(handle, buffer.baseAddress, result.message_length))
        }
        return RPCReply(code: result.grpc_status, message: MessageReader.percentDecoded(text), body: [])
    }

    private static func failure(_ result: Int32) -> RPCClientError {
        switch -result {
        case ETIMEDOUT: .timedOut
        case ECONNRESET, EPIPE: .connectionLost
        case ESHUTDOWN: .goingAway
        default: .protocolViolation(unsafe String(cString: strerror(-result)))
        }
    }

    private static func instant(after seconds: Double) -> Int64 {
        http2client_now() + Int64(min(max(seconds, 0), 1e9) * 1e9)
    }

    /// grpc-timeout has at most eight digits: milliseconds where they fit, else seconds.
    private static func header(_ seconds: Double) -> String {
        let milliseconds = (max(seconds, 0) * 1000).rounded(.up)
        return milliseconds < 1e8 ? "\(Int64(milliseconds))m" : "\(Int64(min(seconds, 99_999_999)))S"
    }
}
