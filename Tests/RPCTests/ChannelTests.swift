import Glibc
import RPCChannel
import RPCServer
import Testing

/// Nodes and a caller that know each other.
final class ChannelRig {
    let node: TLSIdentity
    let caller: TLSIdentity
    let channels: RPCChannels
    private(set) var servers: [RPCServer] = []
    /// Last, as its files are watched until the others are gone.
    let authority: Authority

    init(_ methods: [RPCMethod] = Rig.basics, servers count: Int = 1) throws {
        authority = try Authority()
        node = try authority.node()
        caller = try authority.caller()
        channels = try RPCChannels(tls: caller, nodeName: Authority.nodeName)
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

/// Nodes that are slow, down or gone.
@Suite("Channels to nodes in trouble", .timeLimit(.minutes(1)))
struct ChannelFaultTests {
    /// Blocks until the gate is open.
    static func hanging(_ gate: Gate) -> [RPCMethod] {
        [
            .unary("/t.T/Hang", lane: .work) { call, request throws(RPCStatus) in
                gate.pass(call)
                return request
            },
            Rig.basics[0],
        ]
    }

    static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ChannelRig.deadline(0)
        try body()
        return Double(ChannelRig.deadline(0) - start) / 1e9
    }

    @Test("The server is told the deadline")
    func deadline() throws {
        let left = Collected<Double>()
        let rig = try ChannelRig([
            .unary("/t.T/Left", lane: .quick) { call, request throws(RPCStatus) in
                left.add(call.secondsLeft ?? -1)
                return request
            }
        ])
        #expect(rig.call("/t.T/Left", seconds: 7).code == 0)
        let reply = rig.channels.call(
            RPCOutgoingCall(address: rig.address, method: "/t.T/Left", request: []), until: nil)
        #expect(reply.code == 0)
        #expect(left.all.count == 2)
        #expect(left.all[0] > 6 && left.all[0] <= 7)
        #expect(left.all[1] == -1)
    }

    @Test("A server that does not answer is DEADLINE_EXCEEDED in time, and sees the call cancelled")
    func hangs() throws {
        let gate = Gate()
        defer { gate.open() }
        let rig = try ChannelRig(Self.hanging(gate))
        #expect(rig.call("/t.T/Echo").code == 0)
        let taken = Self.seconds { #expect(rig.call("/t.T/Hang", seconds: 0.5).code == 4) }
        #expect(taken > 0.49 && taken < 1, "\(taken)")
        #expect(rig.call("/t.T/Echo").code == 0)
        gate.open()
        #expect(eventually { gate.seen == [true] })
    }

    @Test("Where nobody listens, calls are UNAVAILABLE at once")
    func nobody() throws {
        let rig = try ChannelRig()
        let address = rig.address
        rig.servers[0].stop()
        let taken = Self.seconds {
            for _ in 0..<100 {
                let reply = rig.call("/t.T/Echo", at: address, seconds: 30)
                #expect(reply.code == 14)
                #expect(reply.message.contains("Connection refused"), "\(reply)")
            }
        }
        #expect(taken < 1, "\(taken)")
    }

    @Test("A server that comes back is found again")
    func restart() throws {
        let rig = try ChannelRig()
        let address = rig.address
        #expect(rig.call("/t.T/Echo", at: address).code == 0)
        rig.servers[0].stop()
        #expect(rig.call("/t.T/Echo", at: address).code == 14)
        try rig.serve(address: address)
        let taken = Self.seconds { #expect(eventually { rig.call("/t.T/Echo", at: address).code == 0 }) }
        #expect(taken < 5, "\(taken)")
    }

    @Test("Two hundred calls at once, from fifty threads, each get their own answer")
    func many() throws {
        let rig = try ChannelRig()
        let (channels, address) = (rig.channels, rig.address)
        let runs = (0..<50).map { thread in
            Background { () -> Bool in
                let calls = (0..<4).map {
                    RPCOutgoingCall(
                        address: address, method: "/t.T/Echo", request: [UInt8(thread), UInt8($0)])
                }
                return (0..<20).allSatisfy { _ in
                    channels.call(calls, until: ChannelRig.deadline(30)).map(\.body) == calls.map(\.request)
                }
            }
        }
        for run in runs { #expect(try run.value()) }
    }

    @Test("Of fifty servers one hangs: the others' answers are there at the deadline, in order")
    func gather() throws {
        let gate = Gate()
        defer { gate.open() }
        let rig = try ChannelRig(servers: 0)
        let addresses = try (0..<50).map { number in
            try rig.serve([
                .unary("/t.T/Who", lane: .work) { call, _ throws(RPCStatus) in
                    if number == 17 { gate.pass(call) }
                    return [UInt8(number)]
                },
                Rig.basics[0],
            ])
        }
        let calls = addresses.map { RPCOutgoingCall(address: $0, method: "/t.T/Who", request: []) }
        // Connected beforehand, as fifty handshakes on a busy machine take their time.
        for address in addresses { #expect(rig.call("/t.T/Echo", at: address).code == 0) }
        var replies: [RPCChannelReply] = []
        let taken = Self.seconds { replies = rig.channels.call(calls, until: ChannelRig.deadline(3)) }
        #expect(taken > 2.9 && taken < 3.5, "\(taken)")
        for (number, reply) in replies.enumerated() where number != 17 {
            #expect(reply == RPCChannelReply(code: 0, message: "", body: [UInt8(number)]))
        }
        #expect(replies.count == 50)
        #expect(replies[17].code == 4)
    }

    @Test("Forgetting an address ends its call under way, and a later one connects anew")
    func forget() throws {
        let gate = Gate()
        defer { gate.open() }
        let rig = try ChannelRig(Self.hanging(gate))
        let (channels, address) = (rig.channels, rig.address)
        let call = Background {
            channels.call(RPCOutgoingCall(address: address, method: "/t.T/Hang", request: []), until: nil)
        }
        #expect(eventually { gate.entered == 1 })
        channels.forget(address)
        #expect(try call.value().code == 14)
        channels.forget("10.0.0.1:1")
        #expect(rig.call("/t.T/Echo", [5]).body == [5])
        gate.open()
    }

    @Test("A link that is cut during a call without a deadline ends it, and a quiet server does not")
    func cut() throws {
        let gate = Gate()
        defer { gate.open() }
        let rig = try ChannelRig(Self.hanging(gate))
        let cable = try Cable(toPort: rig.servers[0].port)
        var options = RPCChannelOptions()
        options.pingMilliseconds = 300
        let channels = try RPCChannels(tls: rig.caller, nodeName: Authority.nodeName, options: options)
        let call = Background {
            channels.call(
                RPCOutgoingCall(address: "127.0.0.1:\(cable.port)", method: "/t.T/Hang", request: []),
                until: nil)
        }
        #expect(eventually { gate.entered == 1 })
        usleep(1_500_000)
        #expect(!call.isDone)
        cable.cut()
        let taken = Self.seconds { #expect(eventually { call.isDone }) }
        let reply = try call.value()
        #expect(reply.code == 14)
        #expect(reply.message.contains("keepalive"), "\(reply)")
        #expect(taken < 2, "\(taken)")
    }

    @Test("A server that stops answers the call under way first")
    func stop() throws {
        let gate = Gate()
        defer { gate.open() }
        let rig = try ChannelRig(Self.hanging(gate))
        let (channels, address, server) = (rig.channels, rig.address, rig.servers[0])
        let call = Background {
            channels.call(RPCOutgoingCall(address: address, method: "/t.T/Hang", request: [8]), until: nil)
        }
        #expect(eventually { gate.entered == 1 })
        let stop = Background { server.stop() }
        #expect(eventually { rig.call("/t.T/Echo").code == 14 })
        gate.open()
        #expect(try call.value().body == [8])
        _ = try stop.value()
    }
}
