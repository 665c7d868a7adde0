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
            case grpcshim_event_abandoned: abandoned(key)
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
        let (stopping, isOneTooMany) = state.withLock { state in
            state.calls[key] = Entry(call: call, method: method)
            return (state.stopping, state.calls.count > options.mostCalls)
        }
        if isOneTooMany {
            // Each costs gRPC core some 12 KB until its stream is over, which a client may never let it be.
            call.cutOff()
            finish(call, .resourceExhausted("too many calls are under way"))
        } else if stopping {
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
        let job = RPCJob(entry.call, method, options.onFinish)
        switch lane(of: method).submit(job) {
        case .accepted: break
        case .full: finish(entry.call, .unavailable("too many calls are waiting; try again later"))
        case .closed: finish(entry.call, Self.stoppingStatus)
        }
    }

    /// The client has given up, or its deadline has passed: a call that waits must not keep the place of others.
    private func abandoned(_ key: UInt) {
        let entry = state.withLock { $0.calls[key] }
        guard let entry, let method = entry.method, entry.submitted else { return }
        guard lane(of: method).remove(where: { $0.call === entry.call }) else { return }
        finish(entry.call, entry.call.givenUp ?? .cancelled("the client has given up"))
    }

    private func lane(of method: RPCMethod) -> Lane<RPCJob> { method.lane == .quick ? quick : work }

    private func ended(_ key: UInt) {
        let last = state.withLock { state in
            // The entry is returned, not dropped here: its release may run gRPC code, which must not hold the lock.
            let entry = state.calls.removeValue(forKey: key)
            return (entry, state.stopping && state.calls.isEmpty)
        }
        if last.1 { idle.post() }
        heap.look()
    }

    func finish(_ call: RPCCall, _ status: RPCStatus) {
        call.end(status, nil, options.onFinish)
    }
}
