internal import Synchronization

extension RPCServer {
    /// Stops serving and returns when everything is torn down; a second caller waits for the first.
    ///
    /// The order: the socket goes, queued calls are answered UNAVAILABLE, as are new ones on connections that are
    /// still open; running handlers get the grace to end; then connections are closed and the queue is drained. A
    /// handler that outlasts the grace keeps its thread, but its client is answered and its result is dropped.
    /// A TCP port goes with the connections; calls on new ones are answered UNAVAILABLE until then.
    package func stop() {
        let first = stopBegun.withLock { begun in
            defer { begun = true }
            return !begun
        }
        guard first else {
            stopped.wait()
            return stopped.post()
        }
        listener?.stop()
        refuseWaiting()
        awaitRunning()
        endCore()
        stopped.post()
    }

    private func refuseWaiting() {
        let (unsubmitted, none) = state.withLock { state in
            state.stopping = true
            return (state.calls.values.filter { !$0.submitted }.map(\.call), state.calls.isEmpty)
        }
        if none { idle.post() }
        for call in unsubmitted { finish(call, Self.stoppingStatus) }
        for job in work.close() + quick.close() { finish(job.call, Self.stoppingStatus) }
    }

    private func awaitRunning() {
        if waitForIdle(options.stopGrace) { return }
        for call in openCalls() { call.cancel() }
        // A handler in a waiting send, or one that looks at its call, ends now.
        if waitForIdle(0.5) { return }
        for call in openCalls() { finish(call, Self.stoppingStatus) }
        _ = waitForIdle(0.5)
    }

    private func openCalls() -> [RPCCall] { state.withLock { $0.calls.values.map(\.call) } }

    private func waitForIdle(_ seconds: Double) -> Bool {
        let until = Clock.instant(after: seconds)
        // A call may arrive after the last one ended, so each post is checked against the table.
        while !state.withLock({ $0.calls.isEmpty }) {
            guard idle.wait(until: until) else { return false }
        }
        return true
    }

    /// Destroys the gRPC server: connections first, then the queue.
    func endCore() {
        core.shutdown()
        // Clients get a moment to see the farewell before the connection is cut.
        if !shutdown.wait(until: Clock.instant(after: 0.2)) {
            core.disconnect()
            shutdown.wait()
        }
        drained.wait()
    }
}
