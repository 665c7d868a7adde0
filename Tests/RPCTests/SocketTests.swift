import Glibc
import RPCClient
import RPCServer
import Testing

@Suite("The socket's name", .timeLimit(.minutes(1)))
struct SocketTests {
    /// The process has one gRPC core for all tests.
    init() throws { try RPCCore.load(tls: true) }

    @Test("The socket has mode 0660, nothing else is beside it, and both are gone after stop")
    func modeAndCleanliness() throws {
        let rig = try Rig()
        #expect(try Files.mode(rig.socket) == S_IFSOCK | 0o660)
        #expect(Files.list(rig.folder) == ["rpc.sock"])
        rig.server.stop()
        #expect(Files.list(rig.folder) == [])
    }

    @Test("A stale socket file is replaced")
    func stale() throws {
        let folder = try Rig.makeFolder()
        defer { Files.removeFolder(folder) }
        let path = folder + "/s.sock"
        #expect(Files.makeStaleSocket(path))
        let server = try RPCServer.start(socket: path, methods: Rig.basics)
        #expect(try RPCConnection(socket: path).unary("/t.T/Echo", [3], timeout: 5).body == [3])
        server.stop()
        #expect(Files.list(folder) == [])
    }

    @Test("A socket that somebody answers is left alone")
    func live() throws {
        let rig = try Rig()
        #expect(throws: RPCServerError.alreadyServed(path: rig.socket)) {
            try RPCServer.start(socket: rig.socket, methods: [])
        }
        #expect(try rig.connect().unary("/t.T/Echo", [3], timeout: 5).body == [3])
    }

    @Test("A file or folder that is no socket is left alone")
    func notASocket() throws {
        let folder = try Rig.makeFolder()
        defer { Files.removeFolder(folder) }
        let path = folder + "/s.sock"
        Files.touch(path)
        #expect(throws: RPCServerError.notASocket(path: path)) {
            try RPCServer.start(socket: path, methods: [])
        }
        #expect(Files.list(folder) == ["s.sock"])
        Files.remove(path)
        #expect(throws: RPCServerError.notASocket(path: folder)) {
            try RPCServer.start(socket: folder, methods: [])
        }
    }

    @Test("A path of 107 bytes works, one of 108 is refused with both numbers")
    func pathLength() throws {
        let folder = try Rig.makeFolder()
        defer { Files.removeFolder(folder) }
        let longest = folder + "/" + String(repeating: "x", count: 106 - folder.utf8.count)
        try RPCServer.start(socket: longest, methods: []).stop()
        let error = #expect(throws: RPCServerError.self) {
            try RPCServer.start(socket: longest + "x", methods: [])
        }
        #expect(error == .pathTooLong(path: longest + "x", bytes: 108, limit: 107))
        #expect(error?.description.contains("107") == true)
        #expect(throws: RPCServerError.pathUnusable(path: "")) {
            try RPCServer.start(socket: "", methods: [])
        }
    }

    @Test("A folder that does not exist is named in the error")
    func missingFolder() throws {
        let error = #expect(throws: RPCServerError.self) {
            try RPCServer.start(socket: "/nowhere/at/all.sock", methods: [])
        }
        #expect(error?.description.contains("/nowhere/at/all.sock") == true)
        #expect(error?.description.contains("No such file") == true)
    }

    @Test("Of many servers started at once on one name exactly one gets it", arguments: [false, true])
    func race(staleThere: Bool) throws {
        let folder = try Rig.makeFolder()
        defer { Files.removeFolder(folder) }
        let path = folder + "/s.sock"
        if staleThere { #expect(Files.makeStaleSocket(path)) }
        let starts = (0..<8).map { _ in
            Background { () -> RPCServer? in try? RPCServer.start(socket: path, methods: Rig.basics) }
        }
        let servers = try starts.compactMap { try $0.value() }
        #expect(servers.count == 1)
        #expect(try RPCConnection(socket: path).unary("/t.T/Echo", [3], timeout: 5).body == [3])
        for server in servers { server.stop() }
    }

    @Test("Stopping does not remove a socket that another server has put there meanwhile")
    func replaced() throws {
        let rig = try Rig()
        Files.remove(rig.socket)
        let other = try RPCServer.start(socket: rig.socket, methods: Rig.basics)
        rig.server.stop()
        #expect(try rig.connect().unary("/t.T/Echo", [3], timeout: 5).body == [3])
        other.stop()
    }

    @Test("Two methods of one path are refused")
    func duplicate() throws {
        #expect(throws: RPCServerError.duplicateMethod("/t.T/Echo")) {
            try RPCServer.start(socket: "/tmp/never.sock", methods: [Rig.basics[0], Rig.basics[0]])
        }
    }
}
