internal import CCertificates

/// A PEM text: a private key, or a certificate and maybe those that lead from it to an authority.
struct PEM: Equatable {
    let text: String

    private init(text: String) { self.text = text }

    /// Takes over a file; nil if it is no text.
    init?(_ bytes: [UInt8]) {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else { return nil }
        self.text = text
    }

    /// A new private key; nil if the library has none.
    static func newKey() -> PEM? {
        unsafe made { unsafe certificates_make_key($0, $1) }
    }

    /// A new certificate for the key, as its own authority; nil if there is no key in the text.
    static func authority(key: PEM, from start: Moment, to end: Moment) -> PEM? {
        unsafe made { out, capacity in
            unsafe certificates_make(
                CERTIFICATES_AUTHORITY, key.text, nil, nil, nil, start.seconds, end.seconds, out, capacity)
        }
    }

    /// A new certificate for the key, signed by this one, whose own key is the other; nil if one of the three is none.
    func signed(
        for holder: CertificateHolder, _ name: String, key: PEM, by ownKey: PEM, from start: Moment,
        to end: Moment
    ) -> PEM? {
        unsafe Self.made { out, capacity in
            unsafe certificates_make(
                holder.kind, key.text, name, text, ownKey.text, start.seconds, end.seconds, out, capacity)
        }
    }

    /// Whether this certificate is that of the key; nil if there is no key, or one with a passphrase.
    func isOf(key: PEM) -> Bool? {
        let answer = unsafe certificates_key_matches(text, key.text)
        return answer < 0 ? nil : answer == 1
    }

    /// How the authorities judge this certificate.
    func verdict(of authorities: PEM, on holder: CertificateHolder, at now: Moment) -> Verdict {
        var depth: Int32 = 0
        let number = unsafe certificates_verify(text, authorities.text, holder.kind, now.seconds, &depth)
        switch number {
        case 0: return .good
        case ..<0: return .unreadable
        case certificates_verdict_expired where depth > 0: return .authorityExpired
        default: return .bad(cause: unsafe String(cString: certificates_verdict(number)))
        }
    }

    private static func made(by fill: (UnsafeMutablePointer<UInt8>, Int) -> Int64) -> PEM? {
        var length: Int64 = 0
        let capacity = Int(CERTIFICATES_PEM_BYTES)
        let text = unsafe String(unsafeUninitializedCapacity: capacity) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            length = unsafe fill(base, capacity)
            return Int(max(length, 0))
        }
        return length > 0 ? PEM(text: text) : nil
    }
}

/// What authorities say of a certificate.
enum Verdict: Equatable {
    case good
    /// A certificate of the two texts is no whole one.
    case unreadable
    /// The time of who signed it is over.
    case authorityExpired
    case bad(cause: String)
}

extension CertificateHolder {
    fileprivate var kind: certificates_kind {
        switch self {
        case .node: CERTIFICATES_SERVER
        case .controller: CERTIFICATES_CLIENT
        }
    }
}

extension CertificateFacts {
    /// Reads the first certificate of a text; nil if there is none.
    init?(_ pem: PEM) {
        var facts = certificates_facts()
        guard unsafe certificates_read(pem.text, &facts) == 0 else { return nil }
        notBefore = Moment(facts.not_before)
        notAfter = Moment(facts.not_after)
        names = unsafe withUnsafePointer(to: facts) { kept in
            let bytes = unsafe UnsafeRawBufferPointer(
                start: certificates_names(kept), count: kept.pointee.names_bytes)
            return unsafe bytes.split(separator: 0).map { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }
}
