internal import CGRPCShim
internal import Glibc
internal import Synchronization

/// The listening socket, the file that names it and the thread that accepts.
final class Listener: Sendable {
    /// The longest path of a Unix socket: sun_path less its NUL (unix(7)).
    static let pathLimit = 107

    private let path: String
    private let handle: grpcshim_listener
    private let ended = Semaphore()

    /// Binds; a socket file that nobody answers is replaced.
    init(path: String) throws(RPCServerError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .pathUnusable(path: path) }
        guard path.utf8.count <= Self.pathLimit else {
            throw .pathTooLong(path: path, bytes: path.utf8.count, limit: Self.pathLimit)
        }
        var handle = grpcshim_listener()
        var step: UnsafePointer<CChar>?
        let result = unsafe grpcshim_listener_open(path, &handle, &step)
        switch result {
        case 0: break
        case -EADDRINUSE: throw .alreadyServed(path: path)
        case -ENOTSOCK: throw .notASocket(path: path)
        default:
            throw .system(
                step: unsafe step.map { unsafe String(cString: $0) } ?? "listen", path: path,
                cause: unsafe String(cString: grpcshim_error_text(result)))
        }
        self.path = path
        self.handle = handle
    }

    deinit { grpcshim_listener_close(handle) }

    /// Starts the thread that hands each connection's descriptor on.
    func start(_ adopt: @escaping @Sendable (Int32) -> Void) -> Bool {
        Thread.start("rpc-accept") { [self] in
            while true {
                let connection = grpcshim_listener_accept(handle)
                if connection >= 0 {
                    adopt(connection)
                } else if connection == -EINVAL {
                    break
                } else {
                    // Out of descriptors or memory: the connection waits in the backlog meanwhile.
                    Clock.sleep(milliseconds: 50)
                }
            }
            ended.post()
        }
    }

    /// Removes the file and waits for the accepting thread; once, after `start`.
    func stop() {
        unsafe grpcshim_listener_shutdown(handle, path)
        ended.wait()
    }

    /// Removes the file of a listener that was never started.
    func discard() { unsafe grpcshim_listener_shutdown(handle, path) }
}
