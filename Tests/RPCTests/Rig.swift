import Glibc
import RPCClient
import RPCServer
import Synchronization
import Testing

/// A server on a socket in a folder of its own; stopped and removed with it.
final class Rig {
    let folder: String
    let socket: String
    let server: RPCServer

    init(_ methods: [RPCMethod] = Rig.basics, options: RPCServerOptions = RPCServerOptions()) throws {
        try RPCCore.load(tls: true)
        folder = try Rig.makeFolder()
        socket = folder + "/rpc.sock"
        server = try RPCServer.start(socket: socket, methods: methods, options: options)
    }

    deinit {
        server.stop()
        _ = unsafe unlink(socket)
        _ = unsafe rmdir(folder)
    }

    static func makeFolder() throws -> String {
        var template = Array("/tmp/rpctests.XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer {
            unsafe $0.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        try #require(made)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static let basics: [RPCMethod] = [
        .unary("/t.T/Echo", lane: .quick) { _, request throws(RPCStatus) in request },
        .unary("/t.T/Size", lane: .work) { _, request throws(RPCStatus) in
            Array(String(request.count).utf8)
        },
        .unary("/t.T/Make", lane: .work) { _, request throws(RPCStatus) in
            [UInt8](repeating: 7, count: Int(String(decoding: request, as: UTF8.self)) ?? 0)
        },
        .unary("/t.T/Fail", lane: .work) { _, request throws(RPCStatus) in
            throw RPCStatus(code: 9, message: String(decoding: request, as: UTF8.self))
        },
        .serverStreaming("/t.T/Count", lane: .work) { _, request, send throws(RPCStatus) in
            for number in 0..<(request.first ?? 0) { try send([number]) }
        },
    ]

    func connect() throws -> RPCConnection { try RPCConnection(socket: socket) }
}

/// Lets handlers wait for tests and the other way round.
final class Gate: Sendable {
    private let state = Mutex((opened: false, entered: 0, left: 0, seen: [Bool]()))

    func open() { state.withLock { $0.opened = true } }
    var entered: Int { state.withLock { $0.entered } }
    var seen: [Bool] { state.withLock { $0.seen } }

    /// Blocks until opened.
    func block() {
        state.withLock { $0.entered += 1 }
        while !state.withLock({ $0.opened }) { usleep(1000) }
    }

    /// Blocks until opened, then notes whether the call looked cancelled.
    func pass(_ call: RPCCall) {
        block()
        let cancelled = call.isCancelled
        state.withLock { $0.seen.append(cancelled) }
    }
}

/// Waits for something that other threads make true.
func eventually(seconds: Double = 10, _ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<Int(seconds * 500) {
        if try condition() { return true }
        usleep(2000)
    }
    return try condition()
}

/// Runs something on a thread of its own: tests may not block the cooperative pool for long.
final class Background<Value: Sendable>: Sendable {
    private let result = Mutex<Value?>(nil)

    init(_ body: @escaping @Sendable () -> Value) {
        let box = unsafe Unmanaged.passRetained(
            Box { [self] in
                let value = body()
                result.withLock { $0 = value }
            })
        var thread = pthread_t()
        unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, unsafe box.toOpaque())
        pthread_detach(thread)
    }

    func value() throws -> Value {
        try #require(eventually(seconds: 60) { result.withLock { $0 != nil } })
        return try #require(result.withLock { $0 })
    }

    var isDone: Bool { result.withLock { $0 != nil } }
}

final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// A list that many threads add to.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func add(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
}
