import Certificates
import LinuxHost
import RPCChannel
import RPCServer
import TestSupport
import Testing

/// That gRPC core takes what is made here, for what it was made, and for nothing else.
@Suite("Connections with these certificates", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private let temporary: TemporaryFolder
    private static let driver = "loop.csi.local"

    init() throws {
        temporary = try TemporaryFolder()
        for name in ["own", "other"] {
            let authority = try CertificateAuthority.ensure(at: "\(temporary.path)/\(name)")
            for holder in CertificateHolder.allCases {
                _ = try authority.issue(holder, driver: Self.driver, days: 30)
            }
        }
    }

    @Test("Relay and node of one authority reach each other")
    func good() throws {
        #expect(try call(node: "own/node", relay: "own/controller").code == 0)
    }

    @Test(
        "A pair of another authority, or that of the other end, reaches nobody",
        arguments: [
            ("own/node", "other/controller"), ("other/node", "own/controller"), ("own/node", "own/node"),
            ("own/controller", "own/controller"),
        ])
    func refused(node: String, relay: String) throws {
        #expect(try call(node: node, relay: relay).code == 14)
    }

    @Test("While an authority is exchanged for another, ends of both reach each other")
    func twoAuthorities() throws {
        let place = try temporary.open()
        let both = try ["own", "other"].flatMap { try place.open($0).read("ca.crt", limitBytes: 10_000) }
        for (name, holder) in [("own", "node"), ("other", "controller")] {
            try place.open(name).open(holder).replace("ca.crt", with: both, mode: 0o644, sync: false)
        }
        #expect(try call(node: "own/node", relay: "other/controller").code == 0)
    }

    /// One call of a relay with one folder to a node with another.
    private func call(node: String, relay: String) throws -> RPCChannelReply {
        var options = RPCServerOptions()
        options.stopGrace = 1
        let echo = RPCMethod.unary("/t.T/Echo", lane: .quick) { _, request throws(RPCStatus) in request }
        let server = try RPCServer.start(
            address: "127.0.0.1:0", tls: TLSIdentity(folder: "\(temporary.path)/\(node)"),
            callerName: CertificateHolder.controller.dnsName(driver: Self.driver), methods: [echo],
            options: options)
        defer { server.stop() }
        let channels = try RPCChannels(
            tls: TLSIdentity(folder: "\(temporary.path)/\(relay)"),
            nodeName: CertificateHolder.node.dnsName(driver: Self.driver))
        return channels.call(
            RPCOutgoingCall(address: "127.0.0.1:\(server.port)", method: "/t.T/Echo", request: [1]),
            until: Clock.monotonicNanoseconds + 10_000_000_000)
    }
}
