import Glibc
import RPCClient
import RPCServer
import Testing

@Suite("Hostile and unlucky clients", .timeLimit(.minutes(1)))
struct HostileTests {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    @Test(
        "Garbage closes its own connection and no other",
        arguments: [
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
            // a window update before the settings
            preface + [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            // a frame of 16 MiB
            preface + [0, 0, 0, 4, 0, 0, 0, 0, 0] + [255, 255, 255, 0, 0, 0, 0, 0, 1],
            // broken header block
            preface + [0, 0, 0, 4, 0, 0, 0, 0, 0] + [0, 0, 2, 1, 5, 0, 0, 0, 1, 255, 255],
            // settings of a wrong length
            preface + [0, 0, 5, 4, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5],
            [UInt8](repeating: 0, count: 4096),
        ])
    func garbage(bytes: [UInt8]) throws {
        let rig = try Rig()
        let bystander = try rig.connect()
        #expect(try bystander.unary("/t.T/Echo", [1], timeout: 5).body == [1])
        #expect(try RPCConnection.rawExchange(socket: rig.socket, bytes: bytes, timeout: 10) != nil)
        #expect(try bystander.unary("/t.T/Echo", [2], timeout: 5).body == [2])
    }

    @Test(
        "A body that is no whole message is refused, and the connection goes on",
        arguments: [
            [], [0], [0, 0, 0, 0], [0, 0, 0, 0, 9, 1],
            [0, 255, 255, 255, 255, 1], [77, 1, 2, 3],
        ] as [[UInt8]])
    func badBodies(body: [UInt8]) throws {
        let rig = try Rig()
        let connection = try rig.connect()
        do throws(RPCClientError) {
            let reply = try connection.raw("/t.T/Echo", body: body, timeout: 5)
            #expect(reply.code != 0, "\(reply)")
        } catch {
            guard case .reset = error else {
                Issue.record("unexpected: \(error)")
                return
            }
        }
        #expect(try connection.unary("/t.T/Echo", [2], timeout: 5).body == [2])
    }

    /// gRPC core 1.51 takes a compressed flag without a grpc-encoding for plain bytes, and hands a message with an
    /// unknown flag on as an empty one.
    @Test(
        "A message with a wrong compressed flag yields its bytes or none", arguments: [1, 2, 255] as [UInt8])
    func wrongFlag(flag: UInt8) throws {
        let rig = try Rig()
        let connection = try rig.connect()
        let reply = try connection.raw("/t.T/Echo", body: [flag, 0, 0, 0, 1, 1], timeout: 5)
        #expect(reply.body == (flag == 1 ? [1] : []))
        #expect(try connection.unary("/t.T/Echo", [2], timeout: 5).body == [2])
    }

    @Test("What gRPC core logs goes where it is sent")
    func coreLog() async {
        await #expect(processExitsWith: .success) {
            let lines = Collected<String>()
            CoreLog.redirect { lines.add($0) }
            let rig = try Rig()
            _ = try? rig.connect().raw("/t.T/Echo", body: [0, 0, 0, 0, 0], timeout: 5, grpcTimeout: "x")
            #expect(lines.all.contains { $0.contains("grpc-timeout") })
        }
    }

    @Test(
        "An unreadable grpc-timeout is tolerated",
        arguments: ["", "x", "-1S", "999999999999S", "99999999H", "1m2"])
    func oddTimeouts(value: String) throws {
        let rig = try Rig()
        let connection = try rig.connect()
        _ = try? connection.raw("/t.T/Echo", body: [0, 0, 0, 0, 0], timeout: 5, grpcTimeout: value)
        #expect(try rig.connect().unary("/t.T/Echo", [2], timeout: 5).body == [2])
    }

    @Test("A slow reader holds the stream back; the messages wait in the handler, not in memory")
    func backPressure() throws {
        let sent = Collected<Int>()
        let stream = RPCMethod.serverStreaming("/t.T/Big", lane: .work) { _, _, send throws(RPCStatus) in
            for number in 0..<200 {
                try send([UInt8](repeating: UInt8(number), count: 50_000))
                sent.add(number)
            }
        }
        let rig = try Rig([stream])
        let gate = Gate()
        let socket = rig.socket
        let client = Background { () -> Int in
            var count = 0
            _ = try? RPCConnection(socket: socket).serverStreaming("/t.T/Big", [], timeout: 30) { message in
                gate.block()
                if message.count == 50_000, message[0] == UInt8(count) { count += 1 }
            }
            return count
        }
        #expect(eventually { gate.entered == 1 })
        usleep(300_000)
        #expect(sent.all.count < 20)
        gate.open()
        #expect(try client.value() == 200)
    }

    @Test("A stream ends when its client is gone")
    func clientGoneMidStream() throws {
        let ended = Collected<Bool>()
        let stream = RPCMethod.serverStreaming("/t.T/Endless", lane: .work) {
            call, _, send throws(RPCStatus) in
            defer { ended.add(call.isCancelled) }
            while true { try send([1, 2, 3]) }
        }
        let rig = try Rig([stream])
        #expect(try !rig.connect().abandon("/t.T/Endless", [], after: 0.1))
        #expect(eventually { ended.all == [true] })
    }
}
