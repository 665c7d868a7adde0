import CSIWire
import RPCClient
import Testing

/// Typed calls to a driver; each dials anew, as Kubernetes does, so it can be used from any thread.
struct DriverClient: Sendable {
    let socket: String

    /// Calls; throws `CSIStatus` where the driver refuses.
    func call<Request: CSIRequest>(_ request: Request, timeout: Double = 60) throws -> Request.Reply {
        try Request.Reply(decoding: raw(Request.path, request.encoded(), timeout: timeout))
    }

    /// Calls with any bytes.
    func raw(_ path: String, _ bytes: [UInt8], timeout: Double = 60) throws -> [UInt8] {
        let reply = try RPCConnection(socket: socket).unary(path, bytes, timeout: timeout)
        guard reply.code == 0 else {
            throw CSIStatus(try #require(CSICode(rawValue: reply.code)), reply.message)
        }
        return reply.body
    }

    /// The code of the answer, `ok` for success.
    func code(of request: some CSIRequest) throws -> CSICode {
        do {
            _ = try call(request)
            return .ok
        } catch let status as CSIStatus {
            return status.code
        }
    }

    /// Expects a refusal with the code, whose message holds the words; returns the message.
    @discardableResult
    func refuses<Request: CSIRequest>(
        _ request: Request, _ code: CSICode, naming words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        do {
            _ = try call(request)
            Issue.record("\(Request.self) was not refused", sourceLocation: sourceLocation)
            return ""
        } catch let status as CSIStatus {
            #expect(status.code == code, "\(status)", sourceLocation: sourceLocation)
            for word in words {
                #expect(status.message.contains(word), "\(status)", sourceLocation: sourceLocation)
            }
            #expect(!status.message.isEmpty, sourceLocation: sourceLocation)
            #expect(status.message.utf8.count < 1024, "\(status)", sourceLocation: sourceLocation)
            return status.message
        }
    }
}
