internal import CLinux

/// The machine's clocks.
package enum Clock {
    /// Nanoseconds since some moment before the process started; never goes back, stands still in suspend.
    package static var monotonicNanoseconds: Int64 { clinux_monotonic_nanoseconds() }

    /// Nanoseconds since 1970 in UTC.
    package static var wallNanoseconds: Int64 { clinux_wall_nanoseconds() }

    /// The time of day in UTC with milliseconds, such as "2026-02-03T04:05:06.789Z".
    package static func wallClockRFC3339() -> String { rfc3339(nanoseconds: wallNanoseconds) }

    /// Sleeps the calling thread for the whole time, whatever signals arrive.
    package static func sleep(nanoseconds: Int64) { clinux_sleep_nanoseconds(nanoseconds) }

    /// A moment in UTC as RFC 3339 writes it, with milliseconds.
    package static func rfc3339(nanoseconds: Int64) -> String {
        let milliseconds = nanoseconds / 1_000_000
        let seconds = milliseconds / 1000
        let (year, month, day) = civil(daysSince1970: seconds / 86400)
        let ofDay = seconds % 86400
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(ofDay / 3600, 2)):\(padded(ofDay / 60 % 60, 2)):\(padded(ofDay % 60, 2))"
        return "\(date)T\(time).\(padded(milliseconds % 1000, 3))Z"
    }

    /// Days to a date of the Gregorian calendar, for days from 1970 on.
    private static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // Counted from 1 March of year 0, so that the leap day ends a year, in cycles of 400 years.
        let days = daysSince1970 + 719_468
        let cycle = days / 146_097
        let ofCycle = days % 146_097
        let year = (ofCycle - ofCycle / 1460 + ofCycle / 36524 - ofCycle / 146_096) / 365
        let ofYear = ofCycle - (365 * year + year / 4 - year / 100)
        let marchMonth = (5 * ofYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (cycle * 400 + year + (month <= 2 ? 1 : 0), month, ofYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
