internal import CGRPCShim
internal import RPCServer
import Text

/// The credentials of all channels.
// SAFETY: the handle is a constant and is used under the lock of the channels' table; freed once, in deinit.
@safe final class Identity: @unchecked Sendable {
    let handle: grpcshim_identity

    init(_ tls: TLSIdentity) {
        var handle = unsafe grpcshim_identity()
        let result = unsafe grpcshim_identity_create(
            tls.key, tls.certificate, tls.authority, tls.refreshSeconds, &handle)
        precondition(result == 0, "Credentials need a few bytes of memory.")
        unsafe self.handle = handle
    }

    deinit { unsafe grpcshim_identity_release(handle) }
}

/// The connection to one address.
// SAFETY: the handle is a constant, its functions may be called from any thread, and it is freed once, in deinit, when
// no call holds the channel any more.
@safe final class Channel: @unchecked Sendable {
    let handle: grpcshim_channel

    init(to target: String, _ identity: Identity, name: String, _ options: RPCChannelOptions) {
        var handle = unsafe grpcshim_channel()
        let result = unsafe grpcshim_channel_create(
            identity.handle, target, name, Int32(clamping: options.maxMessageBytes),
            Int32(clamping: options.pingMilliseconds), &handle)
        precondition(result == 0, "A channel needs a few bytes of memory.")
        unsafe self.handle = handle
    }

    deinit { unsafe grpcshim_channel_destroy(handle) }

    func close() { unsafe grpcshim_channel_close(handle) }
}

/// Calls that one thread waits for.
@safe struct Gather: ~Copyable {
    private let handle: grpcshim_gather
    private var count = 0

    init() {
        var handle = unsafe grpcshim_gather()
        let result = unsafe grpcshim_gather_create(&handle)
        precondition(result == 0, "Calls need a few bytes of memory.")
        unsafe self.handle = handle
    }

    deinit { unsafe grpcshim_gather_destroy(handle) }

    /// Begins a call: its number.
    mutating func add(_ call: RPCOutgoingCall, on channel: Channel, until deadline: Int64?) -> Int {
        let result = unsafe call.request.withUnsafeBufferPointer {
            unsafe grpcshim_gather_add(
                handle, channel.handle, call.method, $0.baseAddress, $0.count, deadline ?? Int64.max)
        }
        precondition(result == 0, "A call needs a few bytes of memory.")
        defer { count += 1 }
        return count
    }

    /// Waits until all have ended; once.
    func wait() { unsafe grpcshim_gather_wait(handle) }

    /// How the call of that number ended.
    func reply(_ number: Int) -> RPCChannelReply {
        let code = unsafe grpcshim_gather_code(handle, number)
        let length = Int(unsafe grpcshim_gather_copy_message(handle, number, nil, 0))
        let message = unsafe String(unsafeUninitializedCapacity: length) { buffer in
            Int(unsafe grpcshim_gather_copy_message(handle, number, buffer.baseAddress, length))
        }
        guard code == 0 else {
            return RPCChannelReply(code: code, message: Self.explained(message), body: [])
        }
        guard let body = body(number) else {
            return RPCChannelReply(code: 13, message: "the reply cannot be decoded", body: [])
        }
        return RPCChannelReply(code: 0, message: message, body: body)
    }

    /// What libgrpc 1.51 leaves out: with TLS 1.3 a server looks at the client's certificate when the client is through,
    /// and closes the connection without telling why; and files that it cannot use are told to its log alone.
    private static func explained(_ message: String) -> String {
        guard message.begins(with: "failed to connect") else { return message }
        if message.ends(with: ": Socket closed") {
            return message + " (the other end may have refused the certificate of this one; its log says why)"
        }
        if message.ends(with: ": Failed to create security handshaker") {
            return message + " (key, certificate or authority of this end cannot be used; the log says why)"
        }
        return message
    }

    private func body(_ number: Int) -> [UInt8]? {
        let length = Int(unsafe grpcshim_gather_reply_length(handle, number))
        // The standard library's shared empty array is not to be written to.
        guard length > 0 else { return length == 0 ? [] : nil }
        var result: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            result = unsafe grpcshim_gather_copy_reply(handle, number, buffer.baseAddress, length)
            filled = result == 0 ? length : 0
        }
        return result == 0 ? bytes : nil
    }
}
