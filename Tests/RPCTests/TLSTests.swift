import Glibc
import RPCChannel
import RPCClient
import RPCServer
import Testing

/// Who may talk to whom.
@Suite("Mutual TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    /// What a caller with another identity gets from the rig's node.
    static func reply(to identity: TLSIdentity, from address: String) throws -> RPCChannelReply {
        let channels = try RPCChannels(tls: identity, nodeName: Authority.nodeName)
        return channels.call(
            RPCOutgoingCall(address: address, method: "/t.T/Echo", request: [1]),
            until: ChannelRig.deadline(10))
    }

    @Test("A caller whose certificate another authority signed is refused")
    func strangeCaller() throws {
        let rig = try ChannelRig()
        let other = try Authority()
        let reply = try Self.reply(to: other.caller().trusting(rig.authority), from: rig.address)
        #expect(reply.code == 14, "\(reply)")
        #expect(reply.message.contains("may have refused the certificate"), "\(reply)")
        #expect(rig.call("/t.T/Echo", [2]).body == [2])
    }

    @Test("A node whose certificate another authority signed is refused, and the message says why")
    func strangeNode() throws {
        let rig = try ChannelRig()
        let other = try Authority()
        let address = try rig.serve(as: other.node().trusting(rig.authority))
        let reply = rig.call("/t.T/Echo", [1], at: address)
        #expect(reply.code == 14, "\(reply)")
        #expect(reply.message.contains("certificate verify failed"), "\(reply)")
    }

    @Test("A caller whose certificate has expired is refused")
    func expiredCaller() throws {
        let rig = try ChannelRig()
        let expired = try rig.authority.identity("expired", name: Authority.callerName, days: 0)
        let reply = try Self.reply(to: expired, from: rig.address)
        #expect(reply.code == 14, "\(reply)")
    }

    @Test("A node whose certificate has expired is refused, and the message says why")
    func expiredNode() throws {
        let rig = try ChannelRig()
        let address = try rig.serve(
            as: rig.authority.identity("expired", name: Authority.nodeName, days: 0))
        let reply = rig.call("/t.T/Echo", [1], at: address)
        #expect(reply.code == 14, "\(reply)")
        #expect(reply.message.contains("certificate verify failed"), "\(reply)")
    }

    @Test(
        "A caller with another name in its certificate is PERMISSION_DENIED before its request is read",
        arguments: [
            "node.loop.csi.local", "controller.other", "*.loop.csi.local", "controller.loop.csi.local.x",
        ])
    func wrongCaller(name: String) throws {
        let ran = Collected<Int>()
        let rig = try ChannelRig([
            .unary("/t.T/Echo", lane: .quick) { _, request throws(RPCStatus) in
                ran.add(request.count)
                return request
            }
        ])
        let reply = try Self.reply(to: rig.authority.identity("other", name: name), from: rig.address)
        #expect(reply.code == 7)
        #expect(
            reply.message
                == "the client's certificate does not have the DNS name \(Authority.callerName)")
        #expect(ran.all == [])
    }

    @Test("A node with another name in its certificate is refused")
    func wrongNode() throws {
        let rig = try ChannelRig()
        let address = try rig.serve(as: rig.authority.identity("other", name: "localhost"))
        let reply = rig.call("/t.T/Echo", [1], at: address)
        #expect(reply.code == 14, "\(reply)")
        #expect(reply.message.contains("Hostname Verification"), "\(reply)")
    }

    @Test("A client without a certificate is refused in the handshake")
    func noCertificate() throws {
        let rig = try ChannelRig()
        let told = try rig.authority.run(
            "sleep 1 | openssl s_client -connect \(rig.address) -alpn h2 -CAfile authority.crt || true")
        // libgrpc 1.51 closes without telling why.
        #expect(told.contains("unexpected eof"), "\(told)")
        #expect(told.contains("TLSv1.3"), "\(told)")
        #expect(rig.call("/t.T/Echo", [2]).body == [2])
    }

    @Test(
        "What is no TLS does no harm",
        arguments: [
            Array("GET / HTTP/1.1\r\n\r\n".utf8), HostileTests.preface + [0, 0, 0, 4, 0, 0, 0, 0, 0],
            [0x16, 3, 1, 255, 255, 1, 0], [UInt8](repeating: 0, count: 70_000), [],
        ])
    func garbage(bytes: [UInt8]) throws {
        let rig = try ChannelRig()
        #expect(rig.call("/t.T/Echo", [1]).body == [1])
        for _ in 0..<20 { #expect(Files.send(bytes, toPort: rig.servers[0].port)) }
        #expect(rig.call("/t.T/Echo", [2]).body == [2])
    }

    @Test("Certificates that are replaced are used by new connections, at both ends, without a restart")
    func rotation() throws {
        let rig = try ChannelRig()
        #expect(rig.call("/t.T/Echo", [1]).body == [1])
        // Another authority, so that old and new cannot be mistaken for each other.
        let renewed = try Authority()
        try renewed.take(over: rig.authority)
        let newcomer = try renewed.identity("newcomer", name: Authority.callerName)
        #expect(
            try eventually {
                usleep(200_000)
                return try Self.reply(to: newcomer, from: rig.address).code == 0
            })
        rig.channels.forget(rig.address)
        #expect(eventually { rig.call("/t.T/Echo", [3]).body == [3] })
    }

    @Test(
        "Files that turn into garbage stop new channels until they are mended, and the node goes on with the old ones"
    )
    func brokenFiles() throws {
        let rig = try ChannelRig()
        #expect(rig.call("/t.T/Echo").code == 0)
        let other = try rig.authority.identity("other", name: Authority.callerName)
        try rig.authority.run("echo garbage >node/tls.crt; echo garbage >caller/ca.crt")
        usleep(2_500_000)
        #expect(rig.call("/t.T/Echo").code == 0)
        #expect(try Self.reply(to: other, from: rig.address).code == 14)
        rig.channels.forget(rig.address)
        let reply = rig.call("/t.T/Echo")
        #expect(reply.code == 14)
        #expect(reply.message.contains("of this end cannot be used"), "\(reply)")
        _ = (try rig.authority.node(), try rig.authority.caller())
        #expect(eventually { rig.call("/t.T/Echo").code == 0 })
    }

    @Test(
        "All addresses are IPv4 and IPv6, and no second server fits beside either",
        arguments: ["[::]:0", ":0"])
    func allAddresses(address: String) throws {
        let rig = try ChannelRig(servers: 0)
        try rig.serve(address: address)
        let port = rig.servers[0].port
        #expect(rig.call("/t.T/Echo", [1], at: "127.0.0.1:\(port)").body == [1])
        #expect(rig.call("/t.T/Echo", [2], at: "[::1]:\(port)").body == [2])
        for taken in ["127.0.0.1:\(port)", "[::]:\(port)", "[::1]:\(port)"] {
            #expect(throws: RPCServerError.portTaken(address: taken)) { try rig.serve(address: taken) }
        }
    }

    @Test("A missing file, a taken port and an odd address are told by name")
    func refusals() throws {
        let rig = try ChannelRig()
        #expect(throws: RPCServerError.portTaken(address: rig.address)) {
            try rig.serve(address: rig.address)
        }
        for odd in ["localhost:1", "1.2.3.4", "::1:80", "[1.2.3.4]:80", "1.2.3.4:65536", "", "[::1]"] {
            #expect(throws: RPCServerError.addressUnusable(odd)) { try rig.serve(address: odd) }
            #expect(rig.call("/t.T/Echo", at: odd).code == 13)
        }
        let missing = TLSIdentity(folder: "/nowhere")
        #expect(throws: RPCServerError.unreadableFile("/nowhere/tls.key")) { try rig.serve(as: missing) }
        #expect(throws: RPCServerError.unreadableFile("/nowhere/tls.key")) {
            try RPCChannels(tls: missing, nodeName: "x")
        }
    }

    @Test("A process that opened gRPC core without TLS cannot have it later, the other way round it can")
    func oneCore() async {
        await #expect(processExitsWith: .success) {
            try RPCCore.load(tls: false)
            #expect(throws: RPCServerError.loadedWithoutTLS) { try RPCCore.load(tls: true) }
            try RPCCore.load(tls: false)
        }
        await #expect(processExitsWith: .success) {
            try RPCCore.load(tls: true)
            try RPCCore.load(tls: false)
            let rig = try Rig()
            #expect(try rig.connect().unary("/t.T/Echo", [1], timeout: 5).body == [1])
        }
    }

    @Test("Thousands of clients that speak no TLS do no harm, and what gRPC core says of them is passed on")
    func strangers() async {
        await #expect(processExitsWith: .success) {
            let lines = Collected<Int>()
            CoreLog.redirect { lines.add($0.utf8.count) }
            let rig = try ChannelRig()
            let port = rig.servers[0].port
            // Each line once took two frames more of the stack; 6,400 used it up.
            for _ in 0..<9000 { Self.speakHTTP(to: port) }
            #expect(eventually(seconds: 50) { lines.all.count >= 9000 })
            #expect(lines.all.allSatisfy { $0 > 0 && $0 <= 1024 })
            #expect(rig.call("/t.T/Echo", [2]).body == [2])
        }
    }

    /// Connects, says what is no handshake, and waits until the server has closed.
    static func speakHTTP(to port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return }
        let text = Array("GET / HTTP/1.0\r\n\r\n".utf8)
        _ = unsafe write(descriptor, text, text.count)
        var byte: UInt8 = 0
        while unsafe read(descriptor, &byte, 1) > 0 {}
    }
}
