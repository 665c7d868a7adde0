internal import CGRPCShim
internal import Glibc

/// The gRPC server and its queue.
// SAFETY: the handle is a constant; each function says which thread may call it, and the queue's functions are
// called by the queue's thread alone. It is freed once, in deinit, after `drained`.
@safe final class ServerCore: @unchecked Sendable {
    private let handle: grpcshim_server
    /// The TCP port that it listens at, 0 if none.
    let port: UInt16

    /// A server of adopted connections.
    init(maxMessageBytes: Int) {
        var handle = unsafe grpcshim_server()
        let result = unsafe grpcshim_server_create(Int32(clamping: maxMessageBytes), &handle)
        precondition(result == 0, "A gRPC server needs a few bytes of memory.")
        unsafe self.handle = handle
        port = 0
    }

    /// A server that listens at a TCP port.
    init(address: TCPAddress, tls: TLSIdentity, maxMessageBytes: Int) throws(RPCServerError) {
        let tried = unsafe grpcshim_port_try(address.host.isEmpty ? nil : address.host, address.port)
        switch tried {
        case 0: break
        case -EADDRINUSE: throw .portTaken(address: address.text)
        case -EINVAL: throw .addressUnusable(address.text)
        default: throw Self.cannotListen(address, tried)
        }
        var handle = unsafe grpcshim_server()
        let result = unsafe grpcshim_server_create_port(
            address.text, tls.key, tls.certificate, tls.authority, tls.refreshSeconds,
            Int32(clamping: maxMessageBytes), &handle)
        guard result > 0 else { throw Self.cannotListen(address, result) }
        unsafe self.handle = handle
        port = UInt16(clamping: result)
    }

    deinit { unsafe grpcshim_server_destroy(handle) }

    func adopt(_ descriptor: Int32) { unsafe grpcshim_server_adopt(handle, descriptor) }

    func next() -> grpcshim_event {
        var event = unsafe grpcshim_event()
        unsafe grpcshim_server_next(handle, &event)
        return unsafe event
    }

    func shutdown() { unsafe grpcshim_server_shutdown(handle) }

    func disconnect() { unsafe grpcshim_server_disconnect(handle) }

    private static func cannotListen(_ address: TCPAddress, _ error: Int32) -> RPCServerError {
        .system(
            step: "listen", path: address.text, cause: unsafe String(cString: grpcshim_error_text(error)))
    }
}
