internal import CGRPCShim
internal import Glibc

/// One call as its handler sees it; may be kept and asked from any thread.
// SAFETY: all stored properties are constants, and every shim function used here may be called from any thread.
@safe package final class RPCCall: @unchecked Sendable {
    /// The path, like "/package.Service/Method".
    package let method: String

    /// When the client stops waiting, in nanoseconds of the monotonic clock; nil for never.
    package let deadline: Int64?

    let arrived: Instant
    private let handle: grpcshim_call

    /// Takes over the reference that came with the arrived event.
    init(adopting handle: grpcshim_call) {
        unsafe self.handle = handle
        arrived = Clock.now
        let deadline = unsafe grpcshim_call_deadline(handle)
        self.deadline = deadline == Int64.max ? nil : deadline
        let length = min(Int(unsafe grpcshim_call_copy_method(handle, nil, 0)), Self.longestMethod)
        method = unsafe String(unsafeUninitializedCapacity: length) { buffer in
            min(Int(unsafe grpcshim_call_copy_method(handle, buffer.baseAddress, length)), length)
        }
    }

    /// No path that is served is longer; of another one the rest is left out before it is compared with those, in bytes.
    private static let longestMethod = 256

    deinit { unsafe grpcshim_call_release(handle) }

    /// True once the client is gone, has given up, or the deadline has passed.
    package var isCancelled: Bool {
        if unsafe grpcshim_call_is_cancelled(handle) { return true }
        guard let deadline else { return false }
        return deadline <= Clock.now
    }

    /// Seconds until the deadline, negative when it has passed, nil without one.
    package var secondsLeft: Double? {
        deadline.map { Double($0 - Clock.now) / 1e9 }
    }

    /// Throws CANCELLED or DEADLINE_EXCEEDED where `isCancelled` is true; to be asked before each effect.
    package func checkCancelled() throws(RPCStatus) {
        if let givenUp { throw givenUp }
    }

    /// What to say where nobody waits for the answer any more.
    var givenUp: RPCStatus? {
        if let deadline, deadline <= Clock.now {
            return .deadlineExceeded("the deadline of the call has passed")
        }
        return isCancelled ? .cancelled("the client has given up") : nil
    }

    /// True if the client's certificate has that DNS name; on the queue's thread, before the call is finished.
    func comes(from name: String) -> Bool { unsafe grpcshim_call_peer_is(handle, name) }

    /// Asks for the request; false if the call is over.
    func receive() -> Bool { unsafe grpcshim_call_receive(handle) == 0 }

    /// Why there is no request, or nil if there is one; after the received event.
    var receptionFailure: RPCStatus? {
        switch unsafe grpcshim_call_request_length(handle) {
        case 0...: nil
        case -Int64(EMSGSIZE): .resourceExhausted("the request is larger than the limit")
        case -Int64(ECANCELED): .cancelled("the request could not be received")
        default: .internalError("the client sent no request message")
        }
    }

    /// The request's bytes; once.
    func takeRequest() throws(RPCStatus) -> [UInt8] {
        let length = Int(max(0, unsafe grpcshim_call_request_length(handle)))
        guard length > 0 else {
            guard unsafe grpcshim_call_take_request(handle, nil, 0) == 0 else {
                throw .internalError("the request message cannot be decoded")
            }
            return []
        }
        // Nothing to copy; and the standard library's shared empty array is not to be written to.
        if length == 0, unsafe grpcshim_call_take_request(handle, nil, 0) == 0 { return [] }
        var result: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            result = unsafe grpcshim_call_take_request(handle, buffer.baseAddress, length)
            filled = result == 0 ? length : 0
        }
        guard result == 0 else { throw .internalError("the request message cannot be decoded") }
        return bytes
    }

    /// Sends one message of a stream, waiting for flow control.
    func send(_ message: [UInt8]) throws(RPCStatus) {
        let result = unsafe message.withUnsafeBufferPointer {
            unsafe grpcshim_call_send(handle, $0.baseAddress, $0.count)
        }
        guard result == 0 else { throw .cancelled("the client is gone") }
    }

    /// Ends the call; false if it was ended before.
    func finish(_ status: RPCStatus?, body: [UInt8]?) -> Bool {
        let message = status?.messageBytes ?? []
        let result = unsafe message.withUnsafeBufferPointer { message in
            unsafe (body ?? []).withUnsafeBufferPointer { bytes in
                unsafe grpcshim_call_finish(
                    handle, status?.code ?? 0, message.baseAddress, message.count, body != nil,
                    bytes.baseAddress,
                    bytes.count)
            }
        }
        return result != -EALREADY
    }

    /// Ends the stream of a call that is to be finished next, whatever the client reads or sends.
    func cutOff() { unsafe grpcshim_call_cut_off(handle) }

    /// Makes the call look cancelled and lets a waiting `send` fail.
    func cancel() { unsafe grpcshim_call_cancel(handle) }
}
