// Certificates: the private authority and the pairs of certificate and key by which nodes and relay know each other.
//
// It makes them and looks at them, by OpenSSL's libcrypto. It must not know TLS, sockets or volumes.

/// Who shows a certificate.
package enum CertificateHolder: String, CaseIterable, Sendable {
    /// A node, which serves.
    case node
    /// The relay, which calls.
    case controller

    /// The one name that its certificate has, and that the other end demands.
    package func dnsName(driver: String) -> String { "\(rawValue).\(driver)" }
}
