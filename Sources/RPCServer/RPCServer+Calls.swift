internal import CGRPCShim
internal import Synchronization

extension RPCServer {
    static let stoppingStatus = RPCStatus.unavailable("the driver is stopping")

    /// The body of the queue's thread: takes events from gRPC, runs no handler.
    func serveQueue() {
        while true {
            let event = unsafe core.next()
            let key = unsafe UInt(bitPattern: event.call.ref)
            switch unsafe Int(event.kind) {
            case grpcshim_event_arrived: arrived(key, unsafe RPCCall(adopting: event.call))
            case grpcshim_event_received: received(key)
            case grpcshim_event_ended: ended(key)
            case grpcshim_event_shutdown: shutdown.post()
            default:
                drained.post()
                return
            }
        }
    }

    private func arrived(_ key: UInt, _ call: RPCCall) {
        let method = methods[call.method]
        let stopping = state.withLock { state in
            state.calls[key] = Entry(call: call, method: method)
            return state.stopping
        }
        if stopping {
            finish(call, Self.stoppingStatus)
        } else if let callerName, !call.comes(from: callerName) {
            finish(
                call, .permissionDenied("the client's certificate does not have the DNS name \(callerName)"))
        } else if method == nil {
            finish(call, .unimplemented("unknown method \(call.method)"))
        } else if !call.receive() {
            finish(call, .internalError("the request could not be asked for"))
        }
    }

    private func received(_ key: UInt) {
        let entry = state.withLock { state in
            state.calls[key]?.submitted = true
            return state.calls[key]
        }
        guard let entry, let method = entry.method else { return }
        if let failure = entry.call.receptionFailure { return finish(entry.call, failure) }
        switch (method.lane == .quick ? quick : work).submit(Job(call: entry.call, method: method)) {
        case .accepted: break
        case .full: finish(entry.call, .unavailable("too many calls are waiting; try again later"))
        case .closed: finish(entry.call, Self.stoppingStatus)
        }
    }

    private func ended(_ key: UInt) {
        let last = state.withLock { state in
            // The entry is returned, not dropped here: its release may run gRPC code, which must not hold the lock.
            let entry = state.calls.removeValue(forKey: key)
            return (entry, state.stopping && state.calls.isEmpty)
        }
        if last.1 { idle.post() }
    }

    func finish(_ call: RPCCall, _ status: RPCStatus) {
        Self.finish(call, status, nil, options.onFinish)
    }

    static func finish(
        _ call: RPCCall, _ status: RPCStatus?, _ body: [UInt8]?,
        _ onFinish: (@Sendable (RPCCallSummary) -> Void)?
    ) {
        guard call.finish(status, body: body), let onFinish else { return }
        onFinish(
            RPCCallSummary(
                method: call.method, code: status?.code ?? 0, message: status?.message ?? "",
                seconds: Clock.seconds(since: call.arrived)))
    }

    /// Runs a handler on a lane's thread and sends its outcome.
    static func run(_ job: Job, _ onFinish: (@Sendable (RPCCallSummary) -> Void)?) {
        let call = job.call
        do throws(RPCStatus) {
            // A caller that gave up while the call was waiting has retried by now: begin nothing for it.
            try call.checkCancelled()
            let request = try call.takeRequest()
            switch job.method.handler {
            case .unary(let handler):
                finish(call, nil, try handler(call, request), onFinish)
            case .serverStreaming(let handler):
                try handler(call, request) { message throws(RPCStatus) in try call.send(message) }
                finish(call, nil, nil, onFinish)
            }
        } catch {
            finish(call, error, nil, onFinish)
        }
    }
}
