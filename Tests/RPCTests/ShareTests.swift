import RPCClient
import RPCServer
import Testing

@Suite("Shares of the work lane", .timeLimit(.minutes(1)))
struct ShareTests {
    /// Calls of "/t.T/Share" take the share that their first byte names, and block where it is an "a".
    static func rig(
        _ gate: Gate, workers: Int = 2, queue: Int = 4,
        refusal: (@Sendable (String) -> RPCStatus?)? = nil
    ) throws -> Rig {
        var options = RPCServerOptions()
        options.workers = workers
        options.workQueue = queue
        options.shares = 2
        options.refusal = refusal
        let method = RPCMethod.unary(
            "/t.T/Share", lane: .work,
            sharing: { RPCShare(name: String(decoding: $0.prefix(1), as: UTF8.self), subject: "x") }
        ) { call, request throws(RPCStatus) in
            if request.first == UInt8(ascii: "a") { gate.pass(call) }
            return request
        }
        return try Rig(Rig.basics + [method], options: options)
    }

    static func call(_ rig: Rig, _ share: String) -> Background<RPCReply?> {
        let socket = rig.socket
        return Background {
            try? RPCConnection(socket: socket).unary("/t.T/Share", Array(share.utf8), timeout: 30)
        }
    }

    @Test(
        "Calls of a share that hangs wait among themselves, however many; those of others and of none are served"
    )
    func apart() throws {
        let gate = Gate()
        let rig = try Self.rig(gate)
        let hung = (0..<6).map { _ in Self.call(rig, "a") }
        #expect(eventually { gate.entered == 2 && rig.server.load.waiting == 4 })
        for _ in 0..<20 {
            #expect(try Self.call(rig, "b").value()?.body == Array("b".utf8))
            #expect(try rig.connect().unary("/t.T/Size", [1], timeout: 20).code == 0)
        }
        #expect(gate.entered == 2)
        gate.open()
        for call in hung { #expect(try call.value()?.code == 0) }
        #expect(gate.entered == 6)
        #expect(eventually { rig.server.running(atLeast: 0).isEmpty })
    }

    @Test("One call more than may wait is UNAVAILABLE at once, in that share alone")
    func full() throws {
        let gate = Gate()
        let rig = try Self.rig(gate, queue: 1)
        let hung = (0..<3).map { _ in Self.call(rig, "a") }
        #expect(eventually { gate.entered == 2 && rig.server.load.waiting == 1 })
        #expect(try Self.call(rig, "a").value()?.code == 14)
        #expect(try Self.call(rig, "b").value()?.code == 0)
        gate.open()
        for call in hung { #expect(try call.value()?.code == 0) }
    }

    @Test("A call whose client gave up leaves the queue at once, so that queues do not fill with the dead")
    func dead() throws {
        let gate = Gate()
        let rig = try Self.rig(gate, workers: 1, queue: 2)
        let running = Self.call(rig, "a")
        #expect(eventually { gate.entered == 1 })
        for _ in 0..<5 {
            let (one, two) = (try rig.connect(), try rig.connect())
            #expect(try !one.abandon("/t.T/Share", Array("a".utf8), after: 0.05))
            do throws(RPCClientError) {
                let reply = try two.raw(
                    "/t.T/Share", body: [0, 0, 0, 0, 1, UInt8(ascii: "a")], timeout: 20, grpcTimeout: "50m")
                #expect(reply.code == 4 || reply.code == 1, "\(reply)")
            } catch {
                #expect(error == .reset(code: 8))
            }
            #expect(eventually { rig.server.load.inFlight == 1 && rig.server.load.waiting == 0 })
        }
        gate.open()
        #expect(try running.value()?.code == 0)
        #expect(gate.entered == 1)
    }

    @Test("A share at its limit is asked whether one more call need wait at all")
    func refusal() throws {
        let gate = Gate()
        let rig = try Self.rig(gate) { share in share == "a" ? .unavailable("a hangs") : nil }
        let hung = (0..<2).map { _ in Self.call(rig, "a") }
        #expect(eventually { gate.entered == 2 })
        let refused = try Self.call(rig, "a").value()
        #expect(refused == RPCReply(code: 14, message: "a hangs", body: []))
        let running = rig.server.running(atLeast: 0)
        #expect(
            running.map(\.share) == [RPCShare(name: "a", subject: "x"), RPCShare(name: "a", subject: "x")])
        #expect(running.allSatisfy { $0.method == "/t.T/Share" })
        #expect(rig.server.running(atLeast: 1000).isEmpty)
        gate.open()
        for call in hung { #expect(try call.value()?.code == 0) }
    }

    @Test("At the stop, waiting calls of all shares are UNAVAILABLE, and running ones end")
    func stop() throws {
        let gate = Gate()
        let rig = try Self.rig(gate, workers: 1)
        let calls = (0..<4).map { _ in Self.call(rig, "a") }
        #expect(eventually { gate.entered == 1 && rig.server.load.waiting == 3 })
        let server = rig.server
        let stop = Background { server.stop() }
        #expect(eventually { rig.server.load.inFlight == 1 && rig.server.load.waiting == 0 })
        gate.open()
        try stop.value()
        let codes = try calls.map { try $0.value()?.code }
        #expect(codes.count { $0 == 0 } == 1 && codes.count { $0 == 14 } == 3, "\(codes)")
    }
}
