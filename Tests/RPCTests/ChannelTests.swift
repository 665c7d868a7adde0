import Glibc
import RPCChannel
import RPCServer
import Testing

/// Nodes and a caller that know each other.
final class ChannelRig {
    let authority: Authority
    let node: TLSIdentity
    let channels: RPCChannels
    private(set) var servers: [RPCServer] = []

    init(_ methods: [RPCMethod] = Rig.basics, servers count: Int = 1) throws {
        authority = try Authority()
        node = try authority.node()
        channels = try RPCChannels(tls: try authority.caller(), nodeName: Authority.nodeName)
        for _ in 0..<count { try serve(methods) }
    }

    deinit {
        for server in servers { server.stop() }
    }

    @discardableResult
    func serve(
        _ methods: [RPCMethod] = Rig.basics, address: String = "127.0.0.1:0", as identity: TLSIdentity? = nil
    ) throws -> String {
        var options = RPCServerOptions()
        options.stopGrace = 1
        let server = try RPCServer.start(
            address: address, tls: identity ?? node, callerName: Authority.callerName, methods: methods,
            options: options)
        servers.append(server)
        return "127.0.0.1:\(server.port)"
    }

    var address: String { "127.0.0.1:\(servers[0].port)" }

    static func deadline(_ seconds: Double) -> Int64 {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) + Int64(seconds * 1e9)
    }

    func call(_ method: String, _ request: [UInt8] = [], at address: String? = nil, seconds: Double = 10)
        -> RPCChannelReply
    {
        channels.call(
            RPCOutgoingCall(address: address ?? self.address, method: method, request: request),
            until: Self.deadline(seconds))
    }
}

@Suite("Channels", .timeLimit(.minutes(1)))
struct ChannelTests {
    @Test("A request comes back from an echo over TLS, empty and large ones too")
    func echo() throws {
        let rig = try ChannelRig()
        for size in [0, 1, 5, 1000, 70_000, 3_900_000] {
            let request = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            let reply = rig.call("/t.T/Echo", request)
            #expect(reply.code == 0, "\(reply.message)")
            #expect(reply.body == request)
        }
        #expect(
            rig.call("/t.T/Fail", Array("why".utf8)) == RPCChannelReply(code: 9, message: "why", body: []))
        #expect(rig.call("/t.T/No").code == 12)
    }
}
