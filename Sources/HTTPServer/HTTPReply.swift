internal import CHTTPServer

/// A page in memory that any number of requests can be answered with, without another copy of it.
// SAFETY: the handle is a constant, libmicrohttpd counts its users under a lock, and it is released once, in deinit.
@safe package final class HTTPReply: @unchecked Sendable {
    /// The status code, such as 200.
    package let status: UInt16
    private let handle: httpserver_reply?

    /// Makes a page; to be called while there is a server.
    ///
    /// Where memory runs out, requests for it have their connections closed.
    package init(_ status: UInt16, _ bytes: [UInt8], contentType: String = "text/plain; charset=utf-8") {
        self.status = status
        var handle = unsafe httpserver_reply()
        let result = unsafe bytes.withUnsafeBufferPointer {
            unsafe httpserver_reply_create($0.baseAddress, $0.count, contentType, &handle)
        }
        unsafe self.handle = result < 0 ? nil : handle
    }

    /// Makes a page of one line.
    package convenience init(_ status: UInt16, line: String) { self.init(status, Array("\(line)\n".utf8)) }

    deinit {
        if let handle = unsafe handle { unsafe httpserver_reply_release(handle) }
    }

    func send(_ exchange: httpserver_exchange) {
        if let handle = unsafe handle { unsafe httpserver_send(exchange, UInt32(status), handle) }
    }
}
