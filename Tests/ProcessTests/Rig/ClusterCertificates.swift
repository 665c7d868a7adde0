import Certificates
import LinuxHost
import TestSupport

/// The certificates of a cluster, made by `loopcsi certs` as an operator does.
struct ClusterCertificates: Sendable {
    let folder: String

    /// Makes an authority and both pairs.
    init(_ folder: String) throws {
        self.folder = folder
        try renew()
    }

    /// Makes both pairs of an authority of their own, which are good for so many seconds more.
    init(_ folder: String, goodForSeconds seconds: Int64) throws {
        self.folder = folder
        let past = Moment(Moment.now.seconds + seconds - 86400)
        let authority = try CertificateAuthority.ensure(at: folder, now: past)
        for holder in CertificateHolder.allCases {
            _ = try authority.issue(holder, driver: "loop.csi.local", days: 1, now: past)
        }
    }

    /// Makes new pairs of the same authority, as an operator does when the old ones end soon.
    func renew() throws {
        try TestTool.run("env", [DriverProcess.program(), "certs", "--dir", folder])
    }

    var node: String { "\(folder)/node" }
    var controller: String { "\(folder)/controller" }

    /// Puts the files of one folder into another one, each by a rename.
    static func copy(_ folder: String, to other: String) throws {
        try TestTool.run(
            "sh",
            [
                "-e", "-c",
                "mkdir -p \(other); for file in tls.key tls.crt ca.crt; do cp \(folder)/$file \(other)/new; "
                    + "mv \(other)/new \(other)/$file; done",
            ])
    }
}
