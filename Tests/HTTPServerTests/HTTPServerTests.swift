import Glibc
import HTTPServer
import LinuxHost
import Synchronization
import TestSupport
import Testing

@Suite("Pages over HTTP", .timeLimit(.minutes(2)))
struct HTTPServerTests {
    private func serve(
        at text: String = "127.0.0.1:0", _ answer: @escaping HTTPServer.Answer = { HTTPReply(200, line: $0) },
        _ body: (UInt16) throws -> Void
    ) throws {
        let server = try HTTPServer.start(try #require(ListenAddress(text)), answer)
        defer { server.stop() }
        try body(server.address.port)
    }

    @Test("A page comes with its status, its type and its length, and the connection is closed")
    func page() throws {
        let page: HTTPServer.Answer = { path in
            HTTPReply(path == "/a" ? 200 : 404, Array("0123".utf8), contentType: "text/x; y=z")
        }
        try serve(page) { port in
            let found = try HTTPClient.get("/a", port: port)
            #expect(found.status == 200 && found.body == "0123")
            #expect(found.headers.contains("Content-Type: text/x; y=z"), "\(found)")
            #expect(
                found.headers.contains("Content-Length: 4") && found.headers.contains("Connection: close"))
            #expect(try HTTPClient.get("/b", port: port).status == 404)
        }
    }

    @Test("HEAD has no body, and what changes things is refused", arguments: ["POST", "PUT", "DELETE", "X"])
    func methods(method: String) throws {
        try serve { port in
            let head = try HTTPClient.get("/a", port: port, method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty && head.headers.contains("Content-Length: 3"))
            let refused = try HTTPClient.get("/a", port: port, method: method)
            #expect(refused.status == 405 && refused.headers.contains("Allow: GET, HEAD"), "\(refused)")
        }
    }

    @Test("On all of the machine, IPv4 is served as well")
    func everywhere() throws {
        for address in [":0", "0.0.0.0:0"] {
            try serve(at: address) { port in
                let found = try HTTPClient.get("/", port: port)
                #expect(found.status == 200)
            }
        }
    }

    @Test(
        "Garbage ends its own connection at most",
        arguments: [
            Array("GET".utf8), Array("\r\n\r\n\r\n".utf8), Array("GET / HTTP/9.9\r\n\r\n".utf8),
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), [UInt8](repeating: 0, count: 5000),
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01],
            Array("GET /%00%ff%zz?\0 HTTP/1.1\r\n\r\n".utf8),
            Array("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n".utf8),
            Array("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\nzz\r\n".utf8),
            Array("GET / HTTP/1.1\r\nHost: a\r\nA: \(String(repeating: "a", count: 100_000))\r\n\r\n".utf8),
            Array("GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
            Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n".utf8)
                + [UInt8](repeating: 1, count: 70000),
            Array("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n012345678".utf8),
        ])
    func garbage(bytes: [UInt8]) throws {
        try serve { port in
            let client = try HTTPClient(port: port, seconds: 1)
            client.send(bytes)
            _ = client.readToEnd()
            #expect(try HTTPClient.get("/after", port: port).body == "/after\n")
        }
    }

    @Test("A hundred connections at once are all answered, by one thread")
    func manyAtOnce() throws {
        let inside = Mutex((now: 0, most: 0))
        let answer: HTTPServer.Answer = { _ in
            inside.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            Clock.sleep(nanoseconds: 1_000_000)
            inside.withLock { $0.now -= 1 }
            return HTTPReply(200, [UInt8](repeating: 65, count: 100_000))
        }
        try serve(answer) { port in
            let clients = try (0..<100).map { _ in try HTTPClient(port: port) }
            for client in clients { client.send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)) }
            for client in clients { #expect((client.readToEnd() ?? []).count > 100_000) }
            #expect(inside.withLock { $0.most } == 1)
        }
    }

    @Test("Connections that are silent are closed after a while and keep nobody out for longer")
    func silence() throws {
        try serve { port in
            let silent = try (0..<20).map { _ in try HTTPClient(port: port) }
            silent.first?.send(Array("GET / HT".utf8))
            #expect(try HTTPClient.get("/", port: port, seconds: 60).status == 200)
            _ = silent.count
        }
    }

    @Test("An address that somebody listens at, or that the machine does not have, is refused by name")
    func refusals() throws {
        try serve { port in
            let taken = try #require(ListenAddress("127.0.0.1:\(port)"))
            #expect(throws: HTTPServerError.taken(taken)) {
                try HTTPServer.start(taken) { _ in HTTPReply(200, []) }
            }
        }
        let elsewhere = try #require(ListenAddress("192.0.2.1:9808"))
        let error = #expect(throws: HTTPServerError.self) {
            try HTTPServer.start(elsewhere) { _ in HTTPReply(200, []) }
        }
        #expect(error?.description.contains("192.0.2.1:9808") == true, "\(String(describing: error))")
    }

    @Test("Stopping waits for an answer under way, and nothing listens afterwards")
    func stopping() throws {
        let begun = try Bell()
        // Below those that the kernel hands out, so that no other test listens there right afterwards.
        let port = UInt16(11_000 + getpid() % 9_000)
        let server = try HTTPServer.start(try #require(ListenAddress("127.0.0.1:\(port)"))) { _ in
            do {
                try begun.ring()
            } catch {
                Issue.record(error)
            }
            Clock.sleep(nanoseconds: 50_000_000)
            return HTTPReply(200, [])
        }
        let client = try HTTPClient(port: port)
        client.send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(try begun.wait(seconds: 10))
        server.stop()
        server.stop()
        #expect(throws: HTTPClient.Trouble.self) { try HTTPClient.get("/", port: port) }
    }

    @Test("A page that is kept answers any number of requests, also after it was replaced")
    func keptPage() throws {
        let kept = Mutex<HTTPReply?>(nil)
        let answer: HTTPServer.Answer = { path in
            if path == "/new" {
                kept.withLock { $0 = HTTPReply(200, [UInt8](repeating: 66, count: 3_000_000)) }
            }
            return kept.withLock { $0 } ?? HTTPReply(500, [])
        }
        try serve(answer) { port in
            let slow = try HTTPClient(port: port)
            slow.send(Array("GET /new HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            for _ in 0..<5 { #expect(try HTTPClient.get("/new", port: port).body.utf8.count == 3_000_000) }
            #expect((slow.readToEnd() ?? []).count > 3_000_000)
        }
    }
}
