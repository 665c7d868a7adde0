import LinuxHost
import TestSupport

/// The certificates of a cluster, made by `loopcsi certs` as an operator does.
struct Certificates: Sendable {
    let folder: String

    /// Makes an authority and both pairs; in a folder that has them, new pairs of the same authority.
    init(_ folder: String, driver: String = "loop.csi.local") throws {
        self.folder = folder
        try renew(driver: driver)
    }

    /// Makes new pairs of the same authority, as an operator does when the old ones end soon.
    func renew(driver: String = "loop.csi.local") throws {
        try TestTool.run(
            "env", [DriverProcess.program(), "certs", "--dir", folder, "--driver-name", driver])
    }

    var node: String { "\(folder)/node" }
    var controller: String { "\(folder)/controller" }
}
