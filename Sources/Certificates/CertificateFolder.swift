internal import LinuxHost

/// A folder with `tls.crt`, `tls.key` and `ca.crt`, as a Secret of cert-manager or one of `loopcsi certs` holds them.
package struct CertificateFolder: Sendable {
    /// The names of the three files.
    package static let certificate = "tls.crt"
    /// The private key of the certificate.
    package static let key = "tls.key"
    /// The certificates of those whose signature is believed.
    package static let authority = "ca.crt"

    /// Where it is.
    package let path: String

    /// No file is longer: a certificate has about a kilobyte, and a chain a few of them.
    private static let limitBytes = 1 << 20

    /// Names a folder; nothing is read yet.
    package init(path: String) { self.path = path }

    /// Looks whether the holder can show what is in the folder to the other end, and tells what the certificate says.
    ///
    /// Files that are being exchanged, as when a Secret changes, are looked at once more before they are refused.
    package func check(
        _ holder: CertificateHolder, driver: String, now: Moment = .now
    ) throws(CertificateError) -> CertificateFacts {
        do throws(CertificateError) {
            return try checkOnce(holder, driver: driver, now: now)
        } catch {
            switch error.problem {
            case .missing, .keyOfAnother, .notVouchedFor:
                Clock.sleep(nanoseconds: 100_000_000)
                return try checkOnce(holder, driver: driver, now: now)
            default: throw error
            }
        }
    }

    private func checkOnce(
        _ holder: CertificateHolder, driver: String, now: Moment
    ) throws(CertificateError) -> CertificateFacts {
        // A mounted Secret changes by one rename of this link: behind it all three are of one kind.
        let place = HostIdentity.resolved("\(path)/..data") ?? path
        let certificate = try read(Self.certificate, from: place)
        let key = try read(Self.key, from: place)
        let authority = try read(Self.authority, from: place)
        guard let facts = CertificateFacts(certificate) else {
            throw problem(Self.certificate, .notPEM(kind: "certificate"))
        }
        try checkKey(key, of: certificate)
        if now < facts.notBefore {
            throw problem(Self.certificate, .notYetValid(from: facts.notBefore.seconds))
        }
        if now > facts.notAfter { throw problem(Self.certificate, .expired(since: facts.notAfter.seconds)) }
        let wanted = holder.dnsName(driver: driver)
        guard facts.names.contains(where: { $0.lowercased() == wanted }) else {
            throw problem(Self.certificate, .wrongName(wanted: wanted, has: facts.names))
        }
        try verify(certificate, by: authority, as: holder, now)
        return facts
    }

    private func checkKey(_ key: PEM, of certificate: PEM) throws(CertificateError) {
        guard let isOfKey = certificate.isOf(key: key) else {
            throw problem(Self.key, .notPEM(kind: "private key without a passphrase"))
        }
        guard isOfKey else { throw problem(Self.key, .keyOfAnother(certificate: Self.certificate)) }
    }

    private func verify(
        _ certificate: PEM, by authority: PEM, as holder: CertificateHolder, _ now: Moment
    ) throws(CertificateError) {
        guard let own = CertificateFacts(authority) else {
            throw problem(Self.authority, .notPEM(kind: "certificate"))
        }
        switch certificate.verdict(of: authority, on: holder, at: now) {
        case .good: return
        case .unreadable: throw problem(Self.authority, .notPEM(kind: "chain of whole certificates"))
        case .authorityExpired: throw problem(Self.authority, .expired(since: own.notAfter.seconds))
        case .bad(let cause):
            throw problem(Self.certificate, .notVouchedFor(authority: Self.authority, cause: cause))
        }
    }

    /// Follows links, as the names in a mounted Secret are such.
    private func read(_ name: String, from place: String) throws(CertificateError) -> PEM {
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try OwnedDescriptor.open("\(place)/\(name)", .readOnly)
            bytes = try file.pread(offset: 0, upTo: Self.limitBytes)
        } catch {
            throw problem(name, error.errno == .noEntry ? .missing : .inaccessible(cause: error.errno.name))
        }
        guard let pem = PEM(bytes) else { throw problem(name, .notPEM(kind: "text")) }
        return pem
    }

    private func problem(_ name: String, _ problem: CertificateError.Problem) -> CertificateError {
        CertificateError(path: "\(path)/\(name)", problem)
    }
}
