internal import Synchronization

extension RPCServer {
    /// Serves a TCP port, like "[::]:9810" or "127.0.0.1:0", to clients whose certificate, signed by the identity's
    /// authority, has the DNS name given; a call of any other client is PERMISSION_DENIED.
    ///
    /// The files of the identity must be readable now, and are read again from time to time. Port 0 lets the kernel
    /// choose, see `port`.
    package static func start(
        address text: String, tls: TLSIdentity, callerName: String, methods: [RPCMethod],
        options: RPCServerOptions = RPCServerOptions()
    ) throws(RPCServerError) -> RPCServer {
        guard let address = TCPAddress(text) else { throw .addressUnusable(text) }
        try RPCCore.load(tls: true)
        try tls.check()
        let table = try table(of: methods)
        let server = RPCServer(
            core: try ServerCore(address: address, tls: tls, maxMessageBytes: options.maxMessageBytes),
            listener: nil, callerName: callerName, methods: table, options: options)
        try server.startQueue(at: text)
        return server
    }

    /// The TCP port that is served, 0 for a socket.
    package var port: UInt16 { core.port }
}
