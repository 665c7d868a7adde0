internal import Glibc

/// The addresses behind a name, as the C library finds them: /etc/hosts, DNS, or whatever nsswitch.conf(5) says.
package enum NameResolution {
    /// A name that could not be looked up, which is not the same as one without addresses.
    package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// What the resolver says.
        package let description: String
    }

    /// All addresses of a name in numeric form, each once, in order; none if the name has none or does not exist.
    ///
    /// Blocks for as long as resolv.conf(5) allows, which is many seconds where no server answers.
    package static func addresses(of name: String) throws(Failure) -> [String] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let result = unsafe getaddrinfo(name, nil, &hints, &found)
        // EAI_NODATA (-5) is a GNU extension that Swift does not import; getaddrinfo(3).
        if result == EAI_NONAME || result == -5 { return [] }
        guard result == 0 else {
            throw Failure(description: "\(name): \(unsafe String(cString: gai_strerror(result)))")
        }
        defer { unsafe freeaddrinfo(found) }
        var addresses: Set<String> = []
        var next = unsafe found
        while let entry = unsafe next {
            if let text = unsafe numeric(entry.pointee) { addresses.insert(text) }
            unsafe next = entry.pointee.ai_next
        }
        return addresses.sorted()
    }

    private static func numeric(_ entry: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let result = unsafe getnameinfo(
            entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard result == 0, let end = text.firstIndex(of: 0) else { return nil }
        return String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
