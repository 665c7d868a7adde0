internal import Synchronization

/// How busy a server is at one moment.
package struct RPCLoad: Equatable, Sendable {
    /// Calls that arrived and are not over, waiting ones included.
    package let inFlight: Int
    /// Calls that wait for a thread of the work lane.
    package let waiting: Int
}

extension RPCServer {
    /// How busy it is now; waits for nothing.
    package var load: RPCLoad {
        RPCLoad(inFlight: state.withLock { $0.calls.count }, waiting: work.waiting)
    }

    /// The calls that the work lane has been running for that many seconds at least, the oldest first; waits for nothing.
    package func running(atLeast seconds: Double) -> [RPCRunning] {
        let calls = work.running.map {
            RPCRunning(
                share: $0.share, method: $0.job.call.method, seconds: Clock.seconds(since: $0.since))
        }
        return calls.filter { $0.seconds >= seconds }.sorted { $0.seconds > $1.seconds }
    }
}
