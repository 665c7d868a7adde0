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
}
