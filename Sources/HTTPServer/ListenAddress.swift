internal import CHTTPServer

/// Where to listen: a numeric address, or all of the machine, and a port.
package struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address without brackets; nothing for all addresses of the machine.
    package let host: String?
    /// The port; 0 lets the kernel choose one.
    package let port: UInt16

    /// Reads `:9808`, `127.0.0.1:9808` or `[::1]:9808`; nothing for any other text, names among them.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
            return nil
        }
        let place = text[..<colon]
        let isBracketed = place.hasPrefix("[") && place.hasSuffix("]")
        let host = String(isBracketed ? place.dropFirst().dropLast() : place)
        guard host.contains(":") == isBracketed, !host.utf8.contains(0) else { return nil }
        guard place.isEmpty || (unsafe httpserver_is_address(host)) == 1 else { return nil }
        self.init(host: place.isEmpty ? nil : host, port: port)
    }

    init(host: String?, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// As it is read.
    package var description: String {
        guard let host else { return ":\(port)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
