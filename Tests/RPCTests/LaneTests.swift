import Glibc
import RPCClient
import RPCServer
import Testing

@Suite("Lanes, cancellation and deadlines", .timeLimit(.minutes(1)))
struct LaneTests {
    /// A server whose "/t.T/Wait" blocks until the gate opens.
    static func waitingRig(_ gate: Gate, workers: Int = 2, queue: Int = 3) throws -> Rig {
        var options = RPCServerOptions()
        options.workers = workers
        options.workQueue = queue
        let wait = RPCMethod.unary("/t.T/Wait", lane: .work) { call, request throws(RPCStatus) in
            gate.pass(call)
            return request
        }
        return try Rig(Rig.basics + [wait], options: options)
    }

    static func call(_ socket: String, _ path: String = "/t.T/Wait") -> Background<RPCReply?> {
        Background { try? RPCConnection(socket: socket).unary(path, [9], timeout: 30) }
    }

    @Test("With all workers busy and the queue full a call is UNAVAILABLE at once; the others are answered")
    func fullQueue() throws {
        let gate = Gate()
        let rig = try Self.waitingRig(gate)
        let calls = (0..<5).map { _ in Self.call(rig.socket) }
        #expect(eventually { gate.entered == 2 })
        #expect(eventually { rig.server.load.waiting == 3 })
        let reply = try rig.connect().unary("/t.T/Size", [], timeout: 5)
        #expect(reply.code == 14 && reply.message.contains("too many"))
        gate.open()
        for call in calls { #expect(try call.value()?.body == [9]) }
        #expect(gate.seen == Array(repeating: false, count: 5))
    }

    @Test("The quick lane answers while every worker is blocked")
    func quickLane() throws {
        let gate = Gate()
        let rig = try Self.waitingRig(gate)
        let calls = (0..<2).map { _ in Self.call(rig.socket) }
        #expect(eventually { gate.entered == 2 })
        let connection = try rig.connect()
        for _ in 0..<100 { #expect(try connection.unary("/t.T/Echo", [1], timeout: 5).body == [1]) }
        gate.open()
        for call in calls { #expect(try call.value()?.code == 0) }
    }

    @Test("A handler sees that its client cancelled, and still runs to its end")
    func cancellation() throws {
        let gate = Gate()
        let rig = try Self.waitingRig(gate)
        let connection = try rig.connect()
        #expect(try !connection.abandon("/t.T/Wait", [1], after: 0.1))
        #expect(eventually { gate.entered == 1 })
        usleep(50_000)
        gate.open()
        #expect(eventually { gate.seen == [true] })
        #expect(try connection.unary("/t.T/Echo", [1], timeout: 5).body == [1])
    }

    @Test("A handler sees that its client's connection is gone")
    func connectionGone() throws {
        let gate = Gate()
        let rig = try Self.waitingRig(gate)
        let connection = try rig.connect()
        #expect(throws: RPCClientError.timedOut) {
            try connection.raw("/t.T/Wait", body: [0, 0, 0, 0, 0], endStream: false, timeout: 0.1)
        }
        connection.close()
        #expect(eventually { gate.entered == 1 })
        usleep(50_000)
        gate.open()
        #expect(eventually { gate.seen == [true] })
    }

    @Test("A handler sees the deadline pass, and the client is told DEADLINE_EXCEEDED or cut off")
    func deadline() throws {
        let gate = Gate()
        let left = Collected<Double>()
        let method = RPCMethod.unary("/t.T/Wait", lane: .work) { call, _ throws(RPCStatus) in
            left.add(call.secondsLeft ?? -1)
            gate.pass(call)
            try call.checkCancelled()
            return []
        }
        let rig = try Rig([method])
        let socket = rig.socket
        let call = Background { () -> Result<RPCReply, RPCClientError> in
            do throws(RPCClientError) {
                let connection = try RPCConnection(socket: socket)
                return .success(
                    try connection.raw("/t.T/Wait", body: [0, 0, 0, 0, 0], timeout: 20, grpcTimeout: "200m"))
            } catch { return .failure(error) }
        }
        #expect(eventually { gate.entered == 1 })
        usleep(300_000)
        gate.open()
        switch try call.value() {
        case .success(let reply): #expect(reply.code == 4 || reply.code == 1)
        case .failure(let error): #expect(error == .reset(code: 8))
        }
        #expect(eventually { gate.seen == [true] })
        #expect(left.all.count == 1 && left.all[0] > 0.1 && left.all[0] <= 0.2)
    }

    @Test("A call without a deadline has none")
    func noDeadline() throws {
        let seen = Collected<Int64?>()
        let rig = try Rig([
            .unary("/t.T/Look", lane: .quick) { call, _ throws(RPCStatus) in
                seen.add(call.deadline)
                #expect(!call.isCancelled)
                return []
            }
        ])
        _ = try rig.connect().unary("/t.T/Look", [])
        #expect(seen.all == [nil])
    }

    @Test("A call whose client gave up while it was queued is not begun")
    func queuedAndCancelled() throws {
        let gate = Gate()
        let rig = try Self.waitingRig(gate, workers: 1)
        let running = Self.call(rig.socket)
        #expect(eventually { gate.entered == 1 })
        #expect(try !rig.connect().abandon("/t.T/Wait", [1], after: 0.1))
        usleep(50_000)
        gate.open()
        #expect(try running.value()?.code == 0)
        #expect(try rig.connect().unary("/t.T/Size", [], timeout: 5).code == 0)
        #expect(gate.entered == 1)
    }
}
