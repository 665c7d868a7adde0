import LinuxHost
import TestSupport
import Testing

@testable import Certificates

/// That what is made is what other programs take.
@Suite("A private authority")
struct CertificateAuthorityTests {
    private let temporary: TemporaryFolder
    private var folder: String { "\(temporary.path)/certs" }

    init() throws { temporary = try TemporaryFolder() }

    @Test(
        "Its certificates pass openssl's strict check for their own purpose, and for no other",
        arguments: CertificateHolder.allCases)
    func strict(holder: CertificateHolder) throws {
        let authority = try CertificateAuthority.ensure(at: folder)
        let facts = try authority.issue(holder, driver: "loop.csi.local", days: 365)
        #expect(facts.names == ["\(holder.rawValue).loop.csi.local"])
        let file = "\(folder)/\(holder.rawValue)/tls.crt"
        let own = holder == .node ? "sslserver" : "sslclient"
        let other = holder == .node ? "sslclient" : "sslserver"
        let verify = ["verify", "-x509_strict", "-CAfile", "\(folder)/ca.crt", "-purpose"]
        #expect(try openssl(verify + [own, "-verify_hostname", facts.names[0], file]).exitStatus == 0)
        #expect(try openssl(verify + [own, "-verify_hostname", "else.example.org", file]).exitStatus != 0)
        #expect(try openssl(verify + [other, file]).exitStatus != 0)
    }

    @Test("The authority signs certificates of holders, and no further authorities")
    func authority() throws {
        _ = try CertificateAuthority.ensure(at: folder)
        let text = try openssl(["x509", "-in", "\(folder)/ca.crt", "-noout", "-text"]).standardOutput
        for part in ["Basic Constraints: critical", "CA:TRUE, pathlen:0", "Certificate Sign", "prime256v1"] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("Keys can be read by their owner alone")
    func modes() throws {
        let authority = try CertificateAuthority.ensure(at: folder)
        for holder in CertificateHolder.allCases { _ = try authority.issue(holder, driver: "a.b", days: 1) }
        for path in ["ca.key", "node/tls.key", "controller/tls.key"] {
            #expect(try FileStatus.at("\(folder)/\(path)")?.mode == 0o600)
        }
        #expect(try FileStatus.at(folder)?.mode == 0o700)
        #expect(try names("") == ["ca.crt", "ca.key", "controller", "node"])
        #expect(try names("/node") == ["ca.crt", "tls.crt", "tls.key"])
    }

    @Test("A second run keeps the authority and makes new pairs, which who knows the first believes")
    func again() throws {
        let first = try CertificateAuthority.ensure(at: folder)
        #expect(first.isNew)
        _ = try first.issue(.node, driver: "a.b", days: 1)
        let (authority, pair) = (try bytes("ca.crt"), try bytes("node/tls.crt"))
        let second = try CertificateAuthority.ensure(at: folder)
        #expect(!second.isNew && second.notAfter == first.notAfter)
        _ = try second.issue(.node, driver: "a.b", days: 1)
        #expect(try bytes("ca.crt") == authority)
        #expect(try bytes("node/ca.crt") == authority)
        #expect(try bytes("node/tls.crt") != pair)
        _ = try CertificateFolder(path: "\(folder)/node").check(.node, driver: "a.b")
    }

    @Test("A run that was killed between key and certificate of the authority is gone on with")
    func cutOff() throws {
        let first = try CertificateAuthority.ensure(at: folder)
        _ = try first.issue(.node, driver: "a.b", days: 1)
        try Directory.open(folder).removeFile("ca.crt")
        try Directory.open(folder).write(".tmp-0123", [1], mode: 0o600)
        let second = try CertificateAuthority.ensure(at: folder)
        _ = try second.issue(.controller, driver: "a.b", days: 1)
        // The same key under the same name: what it signed before is still believed.
        let (certificate, key) = (try bytes("node/tls.crt"), try bytes("node/tls.key"))
        try replace("controller/tls.crt", certificate)
        try replace("controller/tls.key", key)
        _ = try CertificateFolder(path: "\(folder)/controller").check(.node, driver: "a.b")
    }

    @Test("A pair does not outlive its authority")
    func capped() throws {
        let authority = try CertificateAuthority.ensure(at: folder)
        let facts = try authority.issue(
            .node, driver: "a.b", days: 3650, now: authority.notAfter.earlier(bySeconds: 86400))
        #expect(facts.notAfter == authority.notAfter)
    }

    @Test("A folder with anything else in it is left alone, as are a key that is lost and one of another")
    func refused() throws {
        let parent = try temporary.open()
        try parent.create("certs", mode: 0o700).write("notes.txt", [1], mode: 0o600)
        expect(.foreign(names: ["notes.txt"]), "") { try CertificateAuthority.ensure(at: folder) }
        #expect(try names("") == ["notes.txt"])

        try parent.removeTree("certs")
        let authority = try CertificateAuthority.ensure(at: folder)
        _ = try authority.issue(.node, driver: "a.b", days: 1)
        let key = try bytes("ca.key")
        try Directory.open(folder).removeFile("ca.key")
        expect(.lostKey, "/ca.key") { try CertificateAuthority.ensure(at: folder) }
        try replace("ca.key", try bytes("node/tls.key"))
        expect(.keyOfAnother(certificate: "ca.crt"), "/ca.key") {
            try CertificateAuthority.ensure(at: folder)
        }
        try replace("ca.key", Array("garbage".utf8))
        expect(.notPEM(kind: "private key without a passphrase"), "/ca.key") {
            try CertificateAuthority.ensure(at: folder)
        }
        try replace("ca.key", key)
        let end = authority.notAfter
        expect(.expired(since: end.seconds), "/ca.crt") {
            try CertificateAuthority.ensure(at: folder, now: end)
        }
        expect(.inaccessible(cause: "ENOENT"), "/a/b") {
            try CertificateAuthority.ensure(at: "\(folder)/a/b")
        }
    }

    private func openssl(_ arguments: [String]) throws -> ToolResult {
        try #require(Tool.find("openssl")).run(arguments, deadlineSeconds: 30)
    }

    private func names(_ path: String) throws -> [String] {
        try Directory.open(folder + path).entries().sorted()
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        try OwnedDescriptor.open("\(folder)/\(path)", .readOnly).pread(offset: 0, upTo: 1 << 20)
    }

    private func replace(_ path: String, _ bytes: [UInt8]) throws {
        let parts = path.split(separator: "/").map(String.init)
        let place = parts.count == 2 ? "\(folder)/\(parts[0])" : folder
        try Directory.open(place).replace(parts[parts.count - 1], with: bytes, mode: 0o600, sync: false)
    }

    private func expect(
        _ problem: CertificateError.Problem, _ path: String, _ body: () throws -> CertificateAuthority
    ) {
        let error = #expect(throws: CertificateError.self) { _ = try body() }
        #expect(error == CertificateError(path: folder + path, problem))
    }
}
