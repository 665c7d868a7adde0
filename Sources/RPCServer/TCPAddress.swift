internal import CGRPCShim

/// A numeric IP address and a port, as in "10.1.2.3:9810" and "[fd00::1]:9810"; ":9810" is each address of the machine.
package struct TCPAddress: Hashable, Sendable {
    /// The address without brackets, empty for all.
    package let host: String

    /// 0 lets the kernel choose, where one listens.
    package let port: UInt16

    /// Splits the text; nil if it is not of that form.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        let isAddress = unsafe grpcshim_is_address(String(host)) == 1
        guard host.isEmpty || isAddress else { return nil }
        self.host = String(host == "::" ? "" : host)
        self.port = port
    }

    /// The form that it was made from.
    package var text: String {
        host.isEmpty ? "[::]:\(port)" : host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
