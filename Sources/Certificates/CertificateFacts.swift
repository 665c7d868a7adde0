/// What a certificate says.
package struct CertificateFacts: Equatable, Sendable {
    /// The DNS names that it is for.
    package let names: [String]
    /// From when on it is valid.
    package let notBefore: Moment
    /// Until when it is valid.
    package let notAfter: Moment

    /// Whole days from a moment until it expires, negative if it has.
    package func daysLeft(at now: Moment) -> Int {
        Int((Double(notAfter.seconds - now.seconds) / 86400).rounded(.down))
    }
}
