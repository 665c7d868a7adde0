internal import LinuxHost

/// A moment of a certificate, to the second.
package struct Moment: Comparable, Sendable, CustomStringConvertible {
    /// Since 1970 in UTC.
    package let seconds: Int64

    /// Names a moment.
    package init(_ seconds: Int64) { self.seconds = seconds }

    /// The moment that is now.
    package static var now: Moment { Moment(Clock.wallNanoseconds / 1_000_000_000) }

    /// Another moment, some days later.
    package func later(byDays days: Int) -> Moment { Moment(seconds + Int64(days) * 86400) }

    /// Another moment, some seconds earlier.
    func earlier(bySeconds count: Int64) -> Moment { Moment(seconds - count) }

    package static func < (left: Moment, right: Moment) -> Bool { left.seconds < right.seconds }

    /// "2026-02-03T04:05:06Z".
    package var description: String {
        Clock.rfc3339(nanoseconds: seconds * 1_000_000_000).prefix(19) + "Z"
    }
}
