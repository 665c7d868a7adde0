import Glibc
import LinuxHost

/// A TCP connection to this machine that sends what a test likes, on a stack of its own beside the server's.
package final class HTTPClient: Sendable {
    /// What a server answered.
    package struct Answer: Sendable {
        /// The status code; 0 where the answer is no HTTP.
        package let status: Int
        /// Header lines.
        package let headers: [String]
        /// What follows them.
        package let body: String
    }

    /// Why there is no answer.
    package struct Trouble: Error, CustomStringConvertible {
        /// The step that failed.
        package let description: String
    }

    private let socket: Int32

    /// Connects to an IPv4 address of this machine; reading and writing wait that long at most.
    package init(port: UInt16, seconds: Int = 20) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var wait = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(socket)
            throw Trouble(description: "port \(port) takes no connection")
        }
    }

    deinit { close(socket) }

    /// Sends bytes as far as the server takes them.
    package func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    /// Reads until the server closes the connection; nothing if it does not in time.
    package func readToEnd() -> [UInt8]? {
        var all: [UInt8] = []
        while true {
            var got = 0
            all += unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, used in
                got = unsafe recv(socket, buffer.baseAddress, buffer.count, 0)
                used = max(0, got)
            }
            if got == 0 || got < 0 && Glibc.errno == ECONNRESET { return all }
            if got < 0 { return nil }
        }
    }

    /// Asks for a page with a connection of its own.
    package static func get(
        _ path: String, port: UInt16, method: String = "GET", seconds: Int = 20
    ) throws -> Answer {
        let client = try HTTPClient(port: port, seconds: seconds)
        client.send(Array("\(method) \(path) HTTP/1.1\r\nHost: test\r\n\r\n".utf8))
        guard let bytes = client.readToEnd() else { throw Trouble(description: "no answer to \(path)") }
        return Answer(bytes)
    }
}

extension HTTPClient.Answer {
    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = parts[0].split(separator: "\r\n").map(String.init)
        let words = lines.first?.split(separator: " ") ?? []
        status = words.count > 1 && words[0].hasPrefix("HTTP/1.") ? Int(words[1]) ?? 0 : 0
        headers = Array(lines.dropFirst())
        body = parts.count == 2 ? String(parts[1]) : ""
    }
}
