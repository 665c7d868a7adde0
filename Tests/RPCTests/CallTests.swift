import RPCClient
import RPCServer
import Testing

@Suite("Calls", .timeLimit(.minutes(1)))
struct CallTests {
    @Test("A request comes back from an echo, empty ones too")
    func echo() throws {
        let rig = try Rig()
        let connection = try rig.connect()
        for size in [0, 1, 5, 1000, 70_000] {
            let request = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            let reply = try connection.unary("/t.T/Echo", request, timeout: 5)
            #expect(reply == RPCReply(code: 0, message: "", body: request))
        }
    }

    @Test("Requests and replies of exactly 4 MiB pass, larger ones are RESOURCE_EXHAUSTED")
    func messageLimit() throws {
        let rig = try Rig()
        let connection = try rig.connect()
        let limit = 4 * 1024 * 1024
        let largest = try connection.unary("/t.T/Size", [UInt8](repeating: 1, count: limit), timeout: 20)
        #expect(largest.body == Array("\(limit)".utf8))
        let over = try connection.unary("/t.T/Size", [UInt8](repeating: 1, count: limit + 1), timeout: 20)
        #expect(over.code == 8)
        #expect(over.message.contains("larger") || over.message.contains("limit"))
        #expect(try connection.unary("/t.T/Make", Array("\(limit)".utf8), timeout: 20).body.count == limit)
        let reply = try connection.unary("/t.T/Make", Array("\(limit + 1)".utf8), timeout: 20)
        #expect(reply.code == 8)
        #expect(try connection.unary("/t.T/Echo", [1], timeout: 5).body == [1])
    }

    @Test(
        "A method or service that does not exist is UNIMPLEMENTED and names itself",
        arguments: ["/t.T/No", "/x.Y/Z", "/"])
    func unknownMethod(path: String) throws {
        let rig = try Rig()
        let reply = try rig.connect().unary(path, [], timeout: 5)
        #expect(reply.code == 12)
        #expect(reply.message.contains(path))
    }

    @Test("A path without end is UNIMPLEMENTED at once, and little of it is repeated")
    func longMethod() throws {
        let rig = try Rig()
        let plain = try rig.connect().unary("/" + String(repeating: "x", count: 4000), [], timeout: 60)
        #expect(plain.code == 12)
        #expect(plain.message.utf8.count < 512)
        // gRPC core may close the connection for it; whoever comes next is answered.
        for _ in 0..<20 {
            let path = "/a" + String(repeating: "\u{301}\u{323}", count: 1500)
            let reply = try? rig.connect().unary(path, [], timeout: 60)
            #expect(reply == nil || reply?.code == 12)
        }
        #expect(try rig.connect().unary("/t.T/Echo", [1], timeout: 60).body == [1])
    }

    @Test("A status message keeps its characters, and is cut at a character boundary beyond 1 KiB")
    func statusMessages() throws {
        let rig = try Rig()
        let connection = try rig.connect()
        for message in ["100% of \u{1F4BE}\nis \"gone\"", "", "plain"] {
            let reply = try connection.unary("/t.T/Fail", Array(message.utf8), timeout: 5)
            #expect(reply == RPCReply(code: 9, message: message, body: []))
        }
        let long = try connection.unary(
            "/t.T/Fail", Array(("x" + String(repeating: "\u{1F4BE}", count: 999)).utf8), timeout: 5)
        #expect(long.message == "x" + String(repeating: "\u{1F4BE}", count: 255))
    }

    @Test(
        "A status arrives whatever its message holds; blanks at its ends are left out",
        arguments: [
            ("ends with a blank ", "ends with a blank"), (" both ", "both"), ("\t tab\t", "tab"), (" ", ""),
            ("line\n", "line"), ("a\u{0}b\u{0}", "a\u{0}b"), ("\u{7F}\u{1}", "\u{7F}\u{1}"), ("%", "%"),
            ("\u{A0}", "\u{A0}"), ("e\u{301} ", "e\u{301}"), (" \r\n \t", ""),
            (String(repeating: "x", count: 1020) + "    y", String(repeating: "x", count: 1020)),
            (String(repeating: " ", count: 5000) + "z", "z"),
        ])
    func blanks(message: String, arrives: String) throws {
        let rig = try Rig()
        let reply = try rig.connect().unary("/t.T/Fail", Array(message.utf8), timeout: 20)
        #expect(reply == RPCReply(code: 9, message: arrives, body: []))
    }

    @Test("A stream delivers its messages in order, then the status")
    func streaming() throws {
        let rig = try Rig()
        let connection = try rig.connect()
        for count in [0, 1, 200] as [UInt8] {
            var got: [[UInt8]] = []
            let reply = try connection.serverStreaming("/t.T/Count", [count], timeout: 5) { got.append($0) }
            #expect(reply.code == 0)
            #expect(got == (0..<count).map { [$0] })
        }
    }

    @Test("Thirty connections at once each get their own answers")
    func parallelConnections() throws {
        let rig = try Rig()
        let socket = rig.socket
        let runs = (0..<30).map { number in
            Background { () -> Bool in
                guard let connection = try? RPCConnection(socket: socket) else { return false }
                return (0..<50).allSatisfy { round in
                    let request = [UInt8(number), UInt8(round)]
                    return (try? connection.unary("/t.T/Echo", request, timeout: 20))?.body == request
                }
            }
        }
        for run in runs { #expect(try run.value()) }
    }

    @Test("The summary of each call has its method, code and message")
    func summaries() throws {
        let seen = Collected<String>()
        var options = RPCServerOptions()
        options.onFinish = { seen.add("\($0.method) \($0.code) \($0.message)") }
        let rig = try Rig(options: options)
        let connection = try rig.connect()
        _ = try connection.unary("/t.T/Echo", [], timeout: 5)
        _ = try connection.unary("/t.T/Fail", Array("why".utf8), timeout: 5)
        _ = try connection.unary("/t.T/No", [], timeout: 5)
        #expect(eventually { seen.all.count == 3 })
        #expect(Set(seen.all) == ["/t.T/Echo 0 ", "/t.T/Fail 9 why", "/t.T/No 12 unknown method /t.T/No"])
    }
}
