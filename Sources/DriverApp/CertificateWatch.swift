import Certificates
import Log
import Synchronization

/// Looks at the certificate of this end now and then, and tells the operator when something about it is news.
final class CertificateWatch: Sendable {
    /// Whoever renews a certificate does so earlier than that, in days.
    private static let warning = 7

    private struct State {
        var facts: CertificateFacts?
        var trouble: String?
        var daysLeft = Int.max
    }

    private let folder: CertificateFolder
    private let holder: CertificateHolder
    private let driver: String
    private let log: Logger
    private let state = Mutex(State())

    init(_ folder: String, _ holder: CertificateHolder, driver: String, log: Logger) {
        self.folder = CertificateFolder(path: folder)
        self.holder = holder
        self.driver = driver
        self.log = log
    }

    /// When the certificate ends, in seconds since 1970; nothing while it is not good.
    var end: Int64? { state.withLock { $0.facts?.notAfter.seconds } }

    /// Looks; true if the certificate is good.
    func look() -> Bool {
        do throws(CertificateError) {
            note(try folder.check(holder, driver: driver))
            return true
        } catch {
            let isNews = state.withLock { state in
                defer { state = State(facts: nil, trouble: error.description) }
                return state.trouble != error.description
            }
            if isNews {
                log.error("the certificate is not good: nodes and relay cannot talk", (.error, "\(error)"))
            }
            return false
        }
    }

    private func note(_ facts: CertificateFacts) {
        let left = facts.daysLeft(at: .now)
        let before = state.withLock { state in
            defer { state = State(facts: facts, trouble: nil, daysLeft: left) }
            return state
        }
        if before.facts != facts {
            log.info("certificate", (.path, folder.path), (.value, "valid until \(facts.notAfter)"))
        }
        if left < Self.warning, left != before.daysLeft {
            log.warning(
                "the certificate ends soon and was not renewed", (.path, folder.path),
                (.value, "valid until \(facts.notAfter)"))
        }
    }
}
