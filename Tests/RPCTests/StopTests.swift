import Glibc
import RPCClient
import RPCServer
import Testing

@Suite("Stopping", .timeLimit(.minutes(1)))
struct StopTests {
    static func rig(_ gate: Gate, grace: Double) throws -> Rig {
        var options = RPCServerOptions()
        options.workers = 1
        options.stopGrace = grace
        let wait = RPCMethod.unary("/t.T/Wait", lane: .work) { call, request throws(RPCStatus) in
            gate.pass(call)
            return request
        }
        return try Rig(Rig.basics + [wait], options: options)
    }

    @Test("A running handler ends and its client gets the answer; queued and new calls are UNAVAILABLE")
    func graceful() throws {
        let gate = Gate()
        let rig = try Self.rig(gate, grace: 20)
        let held = try rig.connect()
        #expect(try held.unary("/t.T/Echo", [1], timeout: 5).code == 0)
        let running = LaneTests.call(rig.socket)
        #expect(eventually { gate.entered == 1 })
        let queued = (0..<3).map { _ in LaneTests.call(rig.socket) }
        usleep(100_000)

        let server = rig.server
        let stop = Background { server.stop() }
        for call in queued {
            let reply = try call.value()
            #expect(reply?.code == 14)
            #expect(reply?.message == "the driver is stopping")
        }
        #expect(Files.list(rig.folder) == [])
        #expect(throws: RPCClientError.self) { try rig.connect() }
        let late = try held.unary("/t.T/Echo", [1], timeout: 5)
        #expect(late == RPCReply(code: 14, message: "the driver is stopping", body: []))
        #expect(!stop.isDone)

        gate.open()
        #expect(try running.value()?.body == [9])
        try stop.value()
        #expect(gate.seen == [false])
    }

    @Test("A handler that outlasts the grace does not hold up the stop; its client is told UNAVAILABLE")
    func stuckHandler() throws {
        let gate = Gate()
        let rig = try Self.rig(gate, grace: 0.2)
        let running = LaneTests.call(rig.socket)
        #expect(eventually { gate.entered == 1 })
        rig.server.stop()
        #expect(try running.value()?.code == 14)
        gate.open()
        #expect(eventually { gate.seen == [true] })
        usleep(20_000)
    }

    @Test("Stopping twice, from several threads, is harmless")
    func idempotent() throws {
        let rig = try Rig()
        let server = rig.server
        let stops = (0..<4).map { _ in Background { server.stop() } }
        for stop in stops { try stop.value() }
        server.stop()
    }

    @Test("An idle connection is closed and a call without its message is answered")
    func idleAndUnfinished() throws {
        let rig = try Rig()
        let idle = try rig.connect()
        #expect(try idle.unary("/t.T/Echo", [1], timeout: 5).code == 0)
        let socket = rig.socket
        let unfinished = Background {
            try? RPCConnection(socket: socket).raw("/t.T/Echo", body: [], endStream: false, timeout: 20)
        }
        usleep(100_000)
        rig.server.stop()
        #expect(try unfinished.value()?.code == 14)
        #expect(throws: RPCClientError.self) { try idle.unary("/t.T/Echo", [1], timeout: 5) }
    }

    @Test("A stream whose client does not read is cut at the end of the grace")
    func stuckStream() throws {
        let ended = Collected<Int32>()
        var options = RPCServerOptions()
        options.stopGrace = 0.2
        options.onFinish = { ended.add($0.code) }
        let endless = RPCMethod.serverStreaming("/t.T/Endless", lane: .work) { _, _, send throws(RPCStatus) in
            while true { try send([UInt8](repeating: 1, count: 60_000)) }
        }
        let rig = try Rig([endless], options: options)
        let gate = Gate()
        let socket = rig.socket
        let client = Background { () -> Bool in
            guard let connection = try? RPCConnection(socket: socket) else { return false }
            do {
                let reply = try connection.serverStreaming("/t.T/Endless", [], timeout: 30) { _ in
                    gate.block()
                }
                return reply.code != 0
            } catch { return true }
        }
        #expect(eventually { gate.entered == 1 })
        rig.server.stop()
        #expect(eventually { ended.all == [1] })
        gate.open()
        #expect(try client.value())
    }
}
