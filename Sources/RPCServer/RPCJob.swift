internal import Synchronization

/// A call with its method, on its way through a lane.
final class RPCJob: LaneJob {
    let call: RPCCall
    let method: RPCMethod
    private let onFinish: (@Sendable (RPCCallSummary) -> Void)?
    /// The request, from when the share was asked to when the handler has it.
    private let request = Mutex<[UInt8]?>(nil)

    init(_ call: RPCCall, _ method: RPCMethod, _ onFinish: (@Sendable (RPCCallSummary) -> Void)?) {
        self.call = call
        self.method = method
        self.onFinish = onFinish
    }

    func share() -> RPCShare {
        guard let sharing = method.sharing, !call.isCancelled else { return .nobody }
        do throws(RPCStatus) {
            let bytes = try call.takeRequest()
            request.withLock { $0 = bytes }
            return sharing(bytes)
        } catch {
            // The handler's thread meets the same, and answers.
            return .nobody
        }
    }

    func refuse(_ reason: RPCStatus) { call.end(reason, nil, onFinish) }

    func run() {
        do throws(RPCStatus) {
            // A caller that gave up while the call was waiting has retried by now: begin nothing for it.
            try call.checkCancelled()
            let request = try takeRequest()
            switch method.handler {
            case .unary(let handler):
                call.end(nil, try handler(call, request), onFinish)
            case .serverStreaming(let handler):
                try handler(call, request) { message throws(RPCStatus) in try call.send(message) }
                call.end(nil, nil, onFinish)
            }
        } catch {
            call.end(error, nil, onFinish)
        }
    }

    private func takeRequest() throws(RPCStatus) -> [UInt8] {
        let taken = request.withLock { request in
            defer { request = nil }
            return request
        }
        if let taken { return taken }
        return try call.takeRequest()
    }
}

extension RPCCall {
    /// Ends the call and tells of it, unless it was ended before.
    func end(
        _ status: RPCStatus?, _ body: [UInt8]?, _ onFinish: (@Sendable (RPCCallSummary) -> Void)?
    ) {
        guard finish(status, body: body), let onFinish else { return }
        onFinish(
            RPCCallSummary(
                method: method, code: status?.code ?? 0, message: status?.message ?? "",
                seconds: Clock.seconds(since: arrived)))
    }
}
