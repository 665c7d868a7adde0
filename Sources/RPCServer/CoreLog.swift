internal import CGRPCShim
internal import Glibc
internal import Synchronization

/// The lines that gRPC core itself logs, which go to stderr in a format of their own unless redirected.
package enum CoreLog {
    /// A closure in a place of its own: one that is read out of a generic container is wrapped anew by each read.
    private final class Sink: Sendable {
        let pass: @Sendable (String) -> Void

        init(_ pass: @escaping @Sendable (String) -> Void) { self.pass = pass }
    }

    /// The longest text that is passed on, in bytes: clients can have a part in it.
    private static let longest = 1024

    private static let sink = Mutex<Sink?>(nil)

    /// Passes the lines of all servers of the process on, on any thread; to be called before the first server starts.
    package static func redirect(to sink: @escaping @Sendable (String) -> Void) {
        let sink = Sink(sink)
        self.sink.withLock { $0 = sink }
        unsafe grpcshim_log_to { text in
            guard let sink = CoreLog.sink.withLock({ $0 }) else { return }
            let bytes = unsafe UnsafeRawBufferPointer(start: text, count: strnlen(text, CoreLog.longest))
            sink.pass(unsafe String(decoding: bytes, as: UTF8.self))
        }
    }
}
