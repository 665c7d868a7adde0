internal import CGRPCShim
internal import Synchronization

/// The lines that gRPC core itself logs, which go to stderr in a format of their own unless redirected.
package enum CoreLog {
    private static let sink = Mutex<(@Sendable (String) -> Void)?>(nil)

    /// Passes the lines of all servers of the process on, on any thread; to be called before the first server starts.
    package static func redirect(to sink: @escaping @Sendable (String) -> Void) {
        self.sink.withLock { $0 = sink }
        unsafe grpcshim_log_to { text in
            guard let sink = CoreLog.sink.withLock({ $0 }) else { return }
            sink(unsafe String(cString: text))
        }
    }
}
