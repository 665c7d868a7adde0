import CSIWire
import LinuxHost
import RPCClient
import Synchronization
import Testing

/// Something that goes on beside the test, on a thread of its own.
final class Background<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    init(_ body: @escaping @Sendable () throws -> Value) throws {
        _ = try OwnThread.start(name: "beside") { [self] in
            let ended = Result { try body() }
            result.withLock { $0 = ended }
        }
    }

    var isDone: Bool { result.withLock { $0 != nil } }

    /// Waits for the end, at most half a minute.
    func value() throws -> Value {
        try waitUntil("what goes on beside is done") { isDone }
        return try #require(result.withLock { $0 }).get()
    }
}

/// How a call ended.
struct Outcome: Sendable {
    let code: CSICode
    let message: String
    let seconds: Double
}

extension DriverClient {
    /// Makes a call with a deadline, or without; one that has no answer in time is DEADLINE_EXCEEDED.
    func outcome(of request: some CSIRequest, within seconds: Double? = 3) throws -> Outcome {
        let began = Clock.monotonicNanoseconds
        let path = type(of: request).path
        func outcome(_ code: Int32, _ message: String) throws -> Outcome {
            Outcome(
                code: try #require(CSICode(rawValue: code)), message: message,
                seconds: Double(Clock.monotonicNanoseconds - began) / 1e9)
        }
        do {
            let connection = try RPCConnection(socket: socket)
            let reply = try connection.unary(path, request.encoded(), timeout: seconds)
            return try outcome(reply.code, reply.message)
        } catch RPCClientError.timedOut {
            return try outcome(CSICode.deadlineExceeded.rawValue, "no answer in time")
        }
    }

    /// Expects that the relay says within the deadline that it cannot say; returns the message.
    @discardableResult
    func expectUnavailable(
        _ request: some CSIRequest, within seconds: Double? = 3, naming words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let outcome = try outcome(of: request, within: seconds)
        #expect(outcome.code == .unavailable, "\(outcome)", sourceLocation: sourceLocation)
        for word in words {
            #expect(outcome.message.contains(word), "\(outcome)", sourceLocation: sourceLocation)
        }
        return outcome.message
    }

    /// Expects that a call is OK, and that nobody had to wait.
    func expectQuick(
        _ request: some CSIRequest, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try outcome(of: request, within: 10)
        #expect(outcome.code == .ok && outcome.seconds < 2, "\(outcome)", sourceLocation: sourceLocation)
    }

    /// Repeats a call, as sidecars do, until it is OK.
    func repeatUntilOK<Request: CSIRequest>(_ request: Request) throws -> Request.Reply {
        var last = ""
        do {
            try waitUntil("\(Request.self) is OK") {
                let outcome = try self.outcome(of: request)
                last = "\(outcome)"
                return outcome.code == .ok
            }
        } catch let trouble as RigTrouble {
            throw RigTrouble("\(trouble): \(last)")
        }
        return try call(request)
    }
}
