import Glibc
import RPCServer
import TestSupport
import Testing

/// A private authority and what it signs, made with the openssl command in a folder that goes with it.
final class Authority {
    static let nodeName = "node.loop.csi.local"
    static let callerName = "controller.loop.csi.local"

    private let place: TemporaryFolder

    init() throws {
        place = try TemporaryFolder()
        try run(
            """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
            -keyout authority.key -out authority.crt
            """)
    }

    /// The path of the authority's own certificate.
    var certificate: String { place.path + "/authority.crt" }

    /// A folder with key, certificate and authority; signing again at the same place replaces them, each by a rename.
    func identity(_ folder: String, name: String, days: Int = 2) throws -> TLSIdentity {
        try run(
            """
            mkdir -p new \(folder)
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=one \
            -keyout new/tls.key -out new/request
            printf 'subjectAltName=DNS:\(name)\\nextendedKeyUsage=serverAuth,clientAuth\\n' >new/extensions
            openssl x509 -req -in new/request -CA authority.crt -CAkey authority.key -CAcreateserial \
            -days \(days) -extfile new/extensions -out new/tls.crt
            cp authority.crt new/ca.crt
            mv new/tls.key new/tls.crt new/ca.crt \(folder)
            """)
        return TLSIdentity(folder: "\(place.path)/\(folder)", refreshSeconds: 1)
    }

    /// What a node shows.
    func node() throws -> TLSIdentity { try identity("node", name: Self.nodeName) }

    /// What the relay shows.
    func caller() throws -> TLSIdentity { try identity("caller", name: Self.callerName) }

    /// Signs everything anew that another authority has signed, in its place, and is trusted there instead of it.
    func take(over other: Authority) throws {
        for (folder, name) in [("node", Self.nodeName), ("caller", Self.callerName)] {
            _ = try identity(folder, name: name)
            try run("mv \(folder)/* \(other.place.path)/\(folder)")
        }
    }

    /// Runs a shell script in the folder: what it printed.
    @discardableResult
    func run(_ script: String) throws -> String {
        let status = unsafe system("set -e; cd \(place.path); exec >log 2>&1\n" + script)
        let told = Files.text(place.path + "/log")
        try #require(status == 0, "\(told)")
        return told
    }
}

extension TLSIdentity {
    /// The same, but trusting another authority.
    func trusting(_ other: Authority) -> TLSIdentity {
        var changed = self
        changed.authority = other.certificate
        return changed
    }
}
