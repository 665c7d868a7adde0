import Certificates
import TestSupport
import Testing

@testable import DriverApp

@Suite("loopcsi certs")
struct CertsCommandTests {
    @Test("makes what nodes and controller of a driver need, again and again")
    func makes() throws {
        let temporary = try TemporaryFolder()
        let folder = "\(temporary.path)/certs"
        for _ in 0..<2 {
            #expect(try CertsCommand.run(["--dir", folder, "--driver-name", "disk.example.org"]) == 0)
            for holder in CertificateHolder.allCases {
                let facts = try CertificateFolder(path: "\(folder)/\(holder.rawValue)")
                    .check(holder, driver: "disk.example.org")
                #expect((364...365).contains(facts.daysLeft(at: .now)))
            }
        }
    }

    @Test(
        "refuses what it cannot obey",
        arguments: [
            [], ["--dir", ""], ["--dir", "/tmp/a", "word"], ["--dir", "/tmp/a", "--days", "0"],
            ["--dir", "/tmp/a", "--days", "3651"], ["--dir", "/tmp/a", "--driver-name", "Not.A.Name"],
            ["--dir", "/tmp/a", "--force", "yes"],
        ])
    func usage(arguments: [String]) {
        #expect(throws: UsageError.self) { try CertsCommand.run(arguments) }
    }
}
