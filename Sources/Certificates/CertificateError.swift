/// What is wrong with a certificate, its key or its authority: which file it is, and what helps.
package struct CertificateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// In which way.
    package enum Problem: Equatable, Sendable {
        /// There is no such file or folder.
        case missing
        /// The key of an authority is gone, and what it signed is still there.
        case lostKey
        /// It cannot be read or written; the cause says why.
        case inaccessible(cause: String)
        /// It holds no PEM text of this kind, such as "certificate".
        case notPEM(kind: String)
        /// The key in it is not that of the certificate in the other file.
        case keyOfAnother(certificate: String)
        /// Its time has not come; since 1970 in seconds.
        case notYetValid(from: Int64)
        /// Its time is over; since 1970 in seconds.
        case expired(since: Int64)
        /// It is for other names than the wanted one.
        case wrongName(wanted: String, has: [String])
        /// The authorities of the other file do not vouch for it; the cause is that of the library.
        case notVouchedFor(authority: String, cause: String)
        /// The folder holds something that is not from here.
        case foreign(names: [String])
        /// The library failed.
        case library
    }

    /// The path of the file or folder.
    package let path: String
    /// In which way.
    package let problem: Problem

    /// Describes a problem.
    package init(path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    /// A sentence for the operator, with the remedy.
    package var description: String { "\(path): \(what); \(remedy)" }

    private var what: String {
        switch problem {
        case .missing, .lostKey: "it is not there"
        case .inaccessible(let cause): "it cannot be read or written: \(cause)"
        case .notPEM(let kind): "there is no \(kind) in PEM form in it"
        case .keyOfAnother(let certificate): "this key does not belong to the certificate in \(certificate)"
        case .notYetValid(let from): "it is not valid before \(Moment(from))"
        case .expired(let since): "it expired at \(Moment(since))"
        case .wrongName(let wanted, let has):
            "it is not for the name \(wanted), but for \(has.isEmpty ? "none" : has.joined(separator: ", "))"
        case .notVouchedFor(let authority, let cause): "\(authority) does not vouch for it: \(cause)"
        case .foreign(let names): "it holds what is not from loopcsi certs: \(Self.some(of: names))"
        case .library: "the crypto library could not make a key or a certificate"
        }
    }

    private static func some(of names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
    }

    private var remedy: String {
        switch problem {
        case .missing:
            "give the folder tls.crt, tls.key and ca.crt, as loopcsi certs or cert-manager make them"
        case .lostKey: "bring the key back, or begin anew in another folder"
        case .inaccessible: "look at the rights and the disk of the folder"
        case .notPEM: "put the file there that loopcsi certs or cert-manager made"
        case .keyOfAnother: "replace both by one pair of loopcsi certs or cert-manager"
        case .notYetValid: "set the clock of this machine, or of that which made it"
        case .expired:
            "make a new one with loopcsi certs, or see why cert-manager did not, and look at the clock"
        case .wrongName: "give each end its own certificate, made for the same --driver-name"
        case .notVouchedFor: "take certificate and ca.crt from one authority and give each end its own"
        case .foreign: "name a folder that is new, empty, or from an earlier run"
        case .library: "look at the installation of libssl3"
        }
    }
}
