internal import LinuxHost

/// A private authority in a folder of its own, with the pairs that it made last.
///
///     ca.crt, ca.key                        the authority; the key signs, and stays here
///     node/{tls.crt, tls.key, ca.crt}       what nodes show
///     controller/{tls.crt, tls.key, ca.crt} what the relay shows
package struct CertificateAuthority: Sendable {
    /// The folder.
    package let path: String
    /// Until when the authority is valid.
    package let notAfter: Moment
    /// Whether this run made it.
    package let isNew: Bool

    private let certificate: PEM
    private let key: PEM

    private static let certificateName = "ca.crt"
    private static let keyName = "ca.key"
    private static let days = 3650
    /// How far the clocks of two machines may be apart.
    private static let skewSeconds: Int64 = 300

    /// Finds the authority of a folder, or makes folder and authority.
    ///
    /// A folder that holds anything else is refused, as is an authority whose key is gone.
    package static func ensure(at path: String, now: Moment = .now) throws(CertificateError)
        -> CertificateAuthority
    {
        let names = try accessing(path) { () throws(SystemError) in
            try makeFolder(path)
            return try Directory.open(path).entries().filter {
                !$0.hasPrefix(Directory.temporaryPrefix)
            }
        }
        let known = [certificateName, keyName] + CertificateHolder.allCases.map(\.rawValue)
        let foreign = names.filter { !known.contains($0) }.sorted()
        guard foreign.isEmpty else { throw CertificateError(path: path, .foreign(names: foreign)) }

        let keyPath = "\(path)/\(keyName)"
        guard names.contains(keyName) else {
            // What is there was signed by a key that is gone. Its successor is for a folder of its own.
            guard names.isEmpty else { throw CertificateError(path: keyPath, .lostKey) }
            guard let key = PEM.newKey() else { throw CertificateError(path: keyPath, .library) }
            try write(key, keyName, in: path, mode: 0o600)
            return try make(in: path, key: key, now)
        }
        let key = try read(keyName, in: path)
        // A kill between the two writes left a key alone. From it comes the same authority again.
        guard names.contains(certificateName) else { return try make(in: path, key: key, now) }
        return try found(in: path, certificate: try read(certificateName, in: path), key: key, now)
    }

    /// Makes a new pair for the holder and puts it beside the authority; returns what the certificate says.
    ///
    /// It is valid for so many days, but no longer than the authority.
    package func issue(
        _ holder: CertificateHolder, driver: String, days: Int, now: Moment = .now
    ) throws(CertificateError) -> CertificateFacts {
        let folder = "\(path)/\(holder.rawValue)"
        let end = min(now.later(byDays: days), notAfter)
        guard let pairKey = PEM.newKey(),
            let pair = certificate.signed(
                for: holder, holder.dnsName(driver: driver), key: pairKey, by: key,
                from: now.earlier(bySeconds: Self.skewSeconds), to: end),
            let facts = CertificateFacts(pair)
        else { throw CertificateError(path: folder, .library) }
        try Self.accessing(folder) { () throws(SystemError) in
            _ = try Directory.open(path).ensure(holder.rawValue, mode: 0o700)
        }
        try Self.write(certificate, CertificateFolder.authority, in: folder, mode: 0o644)
        try Self.write(pairKey, CertificateFolder.key, in: folder, mode: 0o600)
        try Self.write(pair, CertificateFolder.certificate, in: folder, mode: 0o644)
        return facts
    }

    private static func make(in path: String, key: PEM, _ now: Moment) throws(CertificateError)
        -> CertificateAuthority
    {
        let end = now.later(byDays: days)
        guard
            let certificate = PEM.authority(
                key: key, from: now.earlier(bySeconds: skewSeconds), to: end)
        else { throw CertificateError(path: "\(path)/\(keyName)", .notPEM(kind: "private key")) }
        try write(certificate, certificateName, in: path, mode: 0o644)
        return CertificateAuthority(
            path: path, notAfter: end, isNew: true, certificate: certificate, key: key)
    }

    private static func found(
        in path: String, certificate: PEM, key: PEM, _ now: Moment
    ) throws(CertificateError) -> CertificateAuthority {
        let certificatePath = "\(path)/\(certificateName)"
        guard let facts = CertificateFacts(certificate) else {
            throw CertificateError(path: certificatePath, .notPEM(kind: "certificate"))
        }
        let keyPath = "\(path)/\(keyName)"
        guard let isOfKey = certificate.isOf(key: key) else {
            throw CertificateError(path: keyPath, .notPEM(kind: "private key without a passphrase"))
        }
        guard isOfKey else {
            throw CertificateError(path: keyPath, .keyOfAnother(certificate: certificateName))
        }
        guard now < facts.notAfter else {
            throw CertificateError(path: certificatePath, .expired(since: facts.notAfter.seconds))
        }
        return CertificateAuthority(
            path: path, notAfter: facts.notAfter, isNew: false, certificate: certificate, key: key)
    }
}

// Its files.
extension CertificateAuthority {
    /// Makes the last folder of the path if only that is missing.
    private static func makeFolder(_ path: String) throws(SystemError) {
        guard try FileStatus.at(path) == nil else { return }
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let name = parts.last else { return }
        let parent = (path.hasPrefix("/") ? "/" : "./") + parts.dropLast().joined(separator: "/")
        try Directory.open(parent).ensure(String(name), mode: 0o700)
    }

    private static func read(_ name: String, in path: String) throws(CertificateError) -> PEM {
        let bytes = try accessing("\(path)/\(name)") { () throws(SystemError) in
            try Directory.open(path).read(name, limitBytes: 1 << 20)
        }
        guard let pem = PEM(bytes) else {
            throw CertificateError(path: "\(path)/\(name)", .notPEM(kind: "text"))
        }
        return pem
    }

    private static func write(_ pem: PEM, _ name: String, in path: String, mode: UInt32)
        throws(CertificateError)
    {
        try accessing("\(path)/\(name)") { () throws(SystemError) in
            try Directory.open(path).replace(name, with: Array(pem.text.utf8), mode: mode, sync: true)
        }
    }

    private static func accessing<Result>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(CertificateError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw CertificateError(path: path, .inaccessible(cause: error.errno.name))
        }
    }
}
