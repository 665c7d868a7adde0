/// The sizes and limits of a server.
package struct RPCServerOptions: Sendable {
    /// Threads of the work lane at most for the calls of each share, and for those of none; each is started when first needed.
    package var workers = 16

    /// How many shares there can be.
    package var shares = 0

    /// Calls that may wait for a worker, of each share; one more is answered UNAVAILABLE.
    package var workQueue = 1024

    /// Says why one more call of a share that has all its threads at work need not wait for one, if it need not.
    ///
    /// Asked on a thread of the lane; must not wait for anything.
    package var refusal: (@Sendable (_ share: String) -> RPCStatus?)?

    /// Calls that may be under way at all, those included whose request has not come yet; one more is cut off.
    package var mostCalls = 4096

    /// Threads of the quick lane at most.
    package var quickWorkers = 2

    /// The largest request and the largest reply, in bytes.
    package var maxMessageBytes = 4 * 1024 * 1024

    /// How long `stop()` waits for running handlers, in seconds.
    package var stopGrace = 25.0

    /// Told of each finished call, on the thread that finished it, after the reply was handed to gRPC.
    ///
    /// For refused calls that is the thread that receives all calls, so it must not wait for anything slow.
    package var onFinish: (@Sendable (RPCCallSummary) -> Void)?

    /// The defaults.
    package init() {}
}

/// One finished call, for the log and the metrics.
package struct RPCCallSummary: Sendable {
    /// The path, like "/package.Service/Method".
    package let method: String

    /// The gRPC code that was sent, 0 for success.
    package let code: Int32

    /// The message that was sent with it.
    package let message: String

    /// Time since the call arrived, waiting for a thread included.
    package let seconds: Double
}

/// Why a server could not start.
package enum RPCServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The path is longer than a Unix socket's name can be.
    case pathTooLong(path: String, bytes: Int, limit: Int)

    /// The path is empty or has a NUL in it.
    case pathUnusable(path: String)

    /// Another process answers at the path.
    case alreadyServed(path: String)

    /// Something that is not a socket is at the path; it is left alone.
    case notASocket(path: String)

    /// Two methods have the same path.
    case duplicateMethod(String)

    /// gRPC core is not installed, or another version than this program was built with.
    case noCore(cause: String)

    /// TLS is needed, but the process has opened gRPC core without it.
    case loadedWithoutTLS

    /// Not a numeric IP address and a port.
    case addressUnusable(String)

    /// Another process listens at the TCP port.
    case portTaken(address: String)

    /// A file of the TLS identity cannot be read.
    case unreadableFile(String)

    /// A step failed for another reason.
    case system(step: String, path: String, cause: String)

    /// A sentence for the operator.
    package var description: String {
        switch self {
        case .pathTooLong(let path, let bytes, let limit):
            "the socket path \(path) has \(bytes) bytes; a Unix socket's path can have at most \(limit)"
        case .pathUnusable(let path): "\"\(path)\" cannot be a socket path"
        case .alreadyServed(let path): "another process already serves the socket \(path)"
        case .notASocket(let path): "\(path) exists and is not a socket; it was left alone"
        case .duplicateMethod(let method): "the method \(method) is registered twice"
        case .noCore(let cause): "gRPC needs the Debian package libgrpc29: \(cause)"
        case .loadedWithoutTLS: "gRPC core was opened without TLS, and a process can open it only once"
        case .addressUnusable(let text):
            "\"\(text)\" is not an IP address and a port, as in 10.1.2.3:9810, [fd00::1]:9810 or [::]:9810"
        case .portTaken(let address): "another process already listens at \(address)"
        case .unreadableFile(let path): "the file \(path) cannot be read, and TLS needs it"
        case .system(let step, let path, let cause): "cannot \(step) (\(path)): \(cause)"
        }
    }
}
