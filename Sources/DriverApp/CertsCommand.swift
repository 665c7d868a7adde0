import Certificates
import LinuxHost

/// `loopcsi certs`: a private authority, and the certificates by which nodes and relay know each other.
enum CertsCommand {
    private static let use = "use: loopcsi certs --dir DIR [--driver-name NAME] [--days 365]"

    /// The namespace of the manifests in deploy/.
    static let namespace = "loopcsi"

    /// The Secret that the manifests in deploy/ give to a holder.
    static func secret(of holder: CertificateHolder) -> String { "loopcsi-\(holder.rawValue)-tls" }

    static func run(_ arguments: [String]) throws -> Int32 {
        // The driver's name is the one thing that has an environment twin; a folder for keys should be named.
        let flags = try Flags(arguments, known: FlagHelp.certs.map(\.name)) {
            $0 == "LOOPCSI_DRIVER_NAME" ? HostIdentity.environment($0) : nil
        }
        guard flags.words.isEmpty, let folder = flags.one("dir"), !folder.isEmpty else {
            throw UsageError(use)
        }
        let driver = try ServeOptions.driverName(flags.one("driver-name") ?? "loop.csi.local")
        guard let days = Int(flags.one("days") ?? "365"), (1...3650).contains(days) else {
            throw UsageError("--days '\(flags.one("days") ?? "")': use 1 to 3650 days")
        }
        let authority = try CertificateAuthority.ensure(at: folder)
        var table = Table(["MADE", "FOR", "VALID UNTIL"].map { Table.Column(title: $0) })
        table.add([
            "\(folder)/ca.crt, ca.key\(authority.isNew ? "" : " (kept)")", "the authority",
            "\(authority.notAfter)",
        ])
        var isShort = false
        for holder in CertificateHolder.allCases {
            let facts = try authority.issue(holder, driver: driver, days: days)
            table.add([
                "\(folder)/\(holder.rawValue)/", facts.names.joined(separator: ", "), "\(facts.notAfter)",
            ])
            isShort = isShort || facts.notAfter == authority.notAfter
        }
        print(table.text)
        if isShort {
            Command.complain(
                "the authority ends first: begin anew in another folder before \(authority.notAfter)")
        }
        print("\nKeep \(folder)/ca.key; nobody but this command needs it. For Kubernetes:\n")
        for holder in CertificateHolder.allCases { print(command(for: holder, in: folder)) }
        return 0
    }

    /// Makes the Secret, or replaces it whole.
    private static func command(for holder: CertificateHolder, in folder: String) -> String {
        let files = [
            CertificateFolder.certificate, CertificateFolder.key, CertificateFolder.authority,
        ].map { "--from-file=" + quoted("\(folder)/\(holder.rawValue)/\($0)") }
        return """
            kubectl --namespace \(namespace) create secret generic \(secret(of: holder)) \\
              \(files.joined(separator: " \\\n  ")) \\
              --dry-run=client --output yaml | kubectl apply --filename -
            """
    }

    /// As a shell takes it for one word.
    private static func quoted(_ text: String) -> String {
        let needsNone = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "/._-".utf8.contains(byte)
        }
        return needsNone
            ? text
            : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
                + "'"
    }
}
