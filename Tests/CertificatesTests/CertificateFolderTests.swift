import LinuxHost
import TestSupport
import Testing

@testable import Certificates

/// That a driver is told in time, and by name, which of its three files will not do.
@Suite("A folder of certificates")
struct CertificateFolderTests {
    private let temporary: TemporaryFolder
    private let authority: CertificateAuthority
    private var folder: String { "\(temporary.path)/certs/node" }

    init() throws {
        temporary = try TemporaryFolder()
        authority = try CertificateAuthority.ensure(at: "\(temporary.path)/certs")
        for holder in CertificateHolder.allCases { _ = try authority.issue(holder, driver: "a.b", days: 30) }
    }

    @Test("Of a good one the names and times are told")
    func good() throws {
        let facts = try check()
        #expect(facts.names == ["node.a.b"])
        #expect(facts.daysLeft(at: facts.notAfter.earlier(bySeconds: 2 * 86400 - 1)) == 1)
        #expect(facts.daysLeft(at: facts.notAfter.later(byDays: 2)) == -2)
        #expect(facts.notBefore < .now)
        #expect("\(Moment(1_770_091_506))" == "2026-02-03T04:05:06Z")
    }

    @Test("A missing file is named", arguments: ["tls.crt", "tls.key", "ca.crt"])
    func missing(name: String) throws {
        try Directory.open(folder).removeFile(name)
        expect(.missing, name)
    }

    @Test(
        "Garbage is named",
        arguments: ["tls.crt", "tls.key", "ca.crt"],
        ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a\0b"])
    func garbage(name: String, text: String) throws {
        try replace(name, Array(text.utf8))
        let error = #expect(throws: CertificateError.self) { _ = try check() }
        guard case .notPEM? = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.path == "\(folder)/\(name)")
    }

    @Test("A key with a passphrase is refused, and nobody is asked for it")
    func passphrase() throws {
        let openssl = try #require(Tool.find("openssl"))
        try openssl.run(
            [
                "pkcs8", "-topk8", "-in", "\(folder)/tls.key", "-out", "\(folder)/locked", "-passout",
                "pass:secret",
            ], expecting: [0], deadlineSeconds: 30)
        try replace("tls.key", try bytes("locked"))
        expect(.notPEM(kind: "private key without a passphrase"), "tls.key")
    }

    @Test("A key of another certificate is named")
    func keyOfAnother() throws {
        try replace("tls.key", try bytes("../controller/tls.key"))
        expect(.keyOfAnother(certificate: "tls.crt"), "tls.key")
    }

    @Test("Too early and too late are told with the moment")
    func times() throws {
        let facts = try check()
        expect(.notYetValid(from: facts.notBefore.seconds), "tls.crt", at: Moment(0))
        expect(
            .expired(since: facts.notAfter.seconds), "tls.crt", at: .now.later(byDays: 31))
    }

    @Test("An authority whose time is over is named, also where it is a renewed one's elder")
    func authorityExpired() throws {
        let place = try temporary.open()
        let past = Moment.now.later(byDays: -4000)
        let old = try CertificateAuthority.ensure(at: "\(temporary.path)/old", now: past)
        let elder = try place.open("old").read("ca.crt", limitBytes: 10_000)
        try place.open("old").removeFile("ca.crt")
        let renewed = try CertificateAuthority.ensure(at: "\(temporary.path)/old")
        _ = try renewed.issue(.node, driver: "a.b", days: 1)
        let pair = CertificateFolder(path: "\(temporary.path)/old/node")
        _ = try pair.check(.node, driver: "a.b")
        try place.open("old").open("node").replace("ca.crt", with: elder, mode: 0o644, sync: false)
        let error = #expect(throws: CertificateError.self) { _ = try pair.check(.node, driver: "a.b") }
        #expect(
            error
                == CertificateError(path: "\(pair.path)/ca.crt", .expired(since: old.notAfter.seconds)))
    }

    @Test("A certificate for another driver or for the other end is told with its names")
    func wrongName() throws {
        let other = #expect(throws: CertificateError.self) {
            try CertificateFolder(path: folder).check(.node, driver: "c.d")
        }
        #expect(other?.problem == .wrongName(wanted: "node.c.d", has: ["node.a.b"]))
        let end = #expect(throws: CertificateError.self) {
            try CertificateFolder(path: folder).check(.controller, driver: "a.b")
        }
        #expect(end?.problem == .wrongName(wanted: "controller.a.b", has: ["node.a.b"]))
    }

    @Test("A certificate of another authority is told; with both authorities in the file it is good")
    func otherAuthority() throws {
        let other = try CertificateAuthority.ensure(at: "\(temporary.path)/other")
        _ = try other.issue(.node, driver: "a.b", days: 30)
        let (own, theirs) = (try bytes("ca.crt"), try bytes("../../other/ca.crt"))
        try replace("ca.crt", theirs)
        let error = #expect(throws: CertificateError.self) { _ = try check() }
        guard case .notVouchedFor("ca.crt", _)? = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.path == "\(folder)/tls.crt")
        try replace("ca.crt", theirs + own)
        _ = try check()
    }

    @Test("The files of a mounted Secret are read as one, also while it changes")
    func secret() throws {
        let place = try temporary.open()
        try place.create("secret", mode: 0o755)
        let mounted = "\(temporary.path)/secret"
        try link("\(temporary.path)/certs/node", "\(mounted)/..data")
        for name in ["tls.crt", "tls.key", "ca.crt"] { try link("..data/\(name)", "\(mounted)/\(name)") }
        _ = try CertificateFolder(path: mounted).check(.node, driver: "a.b")
        // Whatever the names beside it say: what counts is behind the link.
        try place.open("secret").removeFile("tls.key")
        _ = try CertificateFolder(path: mounted).check(.node, driver: "a.b")
    }

    @Test("Each refusal says which file and what helps")
    func words() throws {
        try Directory.open(folder).removeFile("tls.key")
        let error = #expect(throws: CertificateError.self) { _ = try check() }
        #expect(
            error?.description
                == "\(folder)/tls.key: it is not there; give the folder tls.crt, tls.key and ca.crt, "
                + "as loopcsi certs or cert-manager make them")
    }

    private func check(at now: Moment = .now) throws -> CertificateFacts {
        try CertificateFolder(path: folder).check(.node, driver: "a.b", now: now)
    }

    private func expect(_ problem: CertificateError.Problem, _ name: String, at now: Moment = .now) {
        let error = #expect(throws: CertificateError.self) { _ = try check(at: now) }
        #expect(error == CertificateError(path: "\(folder)/\(name)", problem))
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        try OwnedDescriptor.open("\(folder)/\(path)", .readOnly).pread(offset: 0, upTo: 1 << 20)
    }

    private func replace(_ name: String, _ bytes: [UInt8]) throws {
        try Directory.open(folder).replace(name, with: bytes, mode: 0o600, sync: false)
    }

    private func link(_ target: String, _ path: String) throws {
        try #require(Tool.find("ln")).run(
            ["--symbolic", target, path], expecting: [0], deadlineSeconds: 10)
    }
}
