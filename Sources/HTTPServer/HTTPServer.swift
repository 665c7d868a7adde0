// HTTPServer: a few pages for operators over plain HTTP, on libmicrohttpd, which is loaded only when there are any.
//
// Paths in, replies out. It must not know what the pages say, nor anything of CSI or volumes.

internal import CHTTPServer
internal import Glibc
internal import Synchronization

/// A running server: one thread, GET and HEAD only, few connections at once, each closed after its reply.
// SAFETY: the handles are constants; the box is released once, in `stop`, after the server's thread has ended.
@safe package final class HTTPServer: @unchecked Sendable {
    /// Answers the path of a request, which comes from outside and may be anything; runs on the server's one thread.
    package typealias Answer = @Sendable (_ path: String) -> HTTPReply

    /// Where it listens; with the port that the kernel chose, if it was asked to.
    package let address: ListenAddress
    private let daemon: httpserver_daemon
    private let box: Unmanaged<Box>
    private let isStopped = Mutex(false)

    private final class Box: Sendable {
        let answer: Answer
        init(_ answer: @escaping Answer) { self.answer = answer }
    }

    /// Binds and serves; runs until `stop()`, whether or not a reference to it is kept.
    package static func start(
        _ address: ListenAddress, _ answer: @escaping Answer
    ) throws(HTTPServerError) -> HTTPServer {
        var why: UnsafePointer<CChar>?
        guard unsafe httpserver_load(&why) == 0 else {
            throw .noLibrary(cause: unsafe why.map { unsafe String(cString: $0) } ?? "it cannot be loaded")
        }
        var port: UInt16 = 0
        let listener = unsafe httpserver_listen(address.host, address.port, &port)
        guard listener >= 0 else {
            throw listener == -EADDRINUSE ? .taken(address) : system("listen", address, listener)
        }
        let box = unsafe Unmanaged.passRetained(Box(answer))
        var daemon = unsafe httpserver_daemon()
        let result = unsafe httpserver_start(
            listener,
            { context, path, exchange in
                let answer = unsafe Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().answer
                unsafe answer(String(cString: path)).send(exchange)
            }, box.toOpaque(), &daemon)
        guard result >= 0 else {
            unsafe box.release()
            throw system("serve", address, result)
        }
        return unsafe HTTPServer(ListenAddress(host: address.host, port: port), daemon, box)
    }

    private init(_ address: ListenAddress, _ daemon: httpserver_daemon, _ box: Unmanaged<Box>) {
        self.address = address
        unsafe self.daemon = daemon
        unsafe self.box = box
    }

    /// Waits for a running answer, then closes everything; to be called from another thread than the server's.
    package func stop() {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        guard isFirst else { return }
        unsafe httpserver_stop(daemon)
        unsafe box.release()
    }

    private static func system(_ step: String, _ address: ListenAddress, _ result: Int32) -> HTTPServerError {
        .system(step: step, address: address, cause: unsafe String(cString: httpserver_error_text(result)))
    }
}

/// Why a server could not start.
package enum HTTPServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Somebody else listens at the address.
    case taken(ListenAddress)

    /// Libmicrohttpd is not installed, or another version than this program was built with.
    case noLibrary(cause: String)

    /// A step failed for another reason.
    case system(step: String, address: ListenAddress, cause: String)

    /// A sentence for the operator.
    package var description: String {
        switch self {
        case .taken(let address): "another process already listens at \(address)"
        case .noLibrary(let cause): "pages over HTTP need the Debian package libmicrohttpd12: \(cause)"
        case .system(let step, let address, let cause): "cannot \(step) at \(address): \(cause)"
        }
    }
}
