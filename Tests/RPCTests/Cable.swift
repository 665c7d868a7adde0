import Glibc
import Synchronization
import Testing

/// Passes the bytes of one connection on to a port of this machine, until it is cut: then both ends hear nothing any more.
final class Cable: Sendable {
    let port: UInt16
    private let listener: Int32
    private let isCut = Mutex(false)

    init(toPort target: UInt16) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var bound = Self.local(0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var length = size
        let listener = listener
        let result = unsafe withUnsafeMutablePointer(to: &bound) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, size) + listen(listener, 1) + getsockname(listener, $0, &length)
            }
        }
        try #require(result == 0)
        port = UInt16(bigEndian: bound.sin_port)
        _ = Background { [self] in serve(target) }
    }

    func cut() { isCut.withLock { $0 = true } }

    private func serve(_ target: UInt16) {
        let near = accept(listener, nil, nil)
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.local(target)
        _ = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        while !isCut.withLock({ $0 }) {
            guard pass(from: near, to: far), pass(from: far, to: near) else { break }
            usleep(500)
        }
        // Neither end is told, as with a cable.
        usleep(5_000_000)
        for descriptor in [near, far, listener] { close(descriptor) }
    }

    private func pass(from source: Int32, to sink: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(source, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        guard count != 0 else { return false }
        if count > 0 { _ = unsafe send(sink, bytes, count, Int32(MSG_NOSIGNAL)) }
        return true
    }

    private static func local(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
