internal import Glibc

/// Who this end of a connection is, and whose word it takes for who the other end is: three PEM files.
package struct TLSIdentity: Hashable, Sendable {
    /// The path of the private key.
    package var key: String

    /// The path of the certificate, with those between it and the authority behind it.
    package var certificate: String

    /// The path of the certificates of the authority that signs both ends.
    package var authority: String

    /// How often the files are looked at again, in seconds.
    package var refreshSeconds: UInt32

    /// Three files anywhere.
    package init(key: String, certificate: String, authority: String, refreshSeconds: UInt32 = 10) {
        self.key = key
        self.certificate = certificate
        self.authority = authority
        self.refreshSeconds = max(refreshSeconds, 1)
    }

    /// The files `tls.key`, `tls.crt` and `ca.crt` of a folder, which is how Kubernetes mounts a TLS secret.
    package init(folder: String, refreshSeconds: UInt32 = 10) {
        self.init(
            key: folder + "/tls.key", certificate: folder + "/tls.crt", authority: folder + "/ca.crt",
            refreshSeconds: refreshSeconds)
    }

    /// Throws if one of the files cannot be read, which gRPC core would only log.
    package func check() throws(RPCServerError) {
        for path in [key, certificate, authority] {
            guard unsafe access(path, R_OK) == 0 else { throw .unreadableFile(path) }
        }
    }
}
