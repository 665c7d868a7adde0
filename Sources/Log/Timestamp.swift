import Glibc

/// A moment of wall-clock time, to the millisecond.
package struct Timestamp: Sendable, Equatable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    package let millisecondsSinceEpoch: Int64

    /// Makes the moment that lies so many milliseconds after the epoch.
    package init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// Reads the system's clock.
    package static func now() -> Timestamp {
        var time = timespec()
        // SAFETY: the pointer to a local is used during the call alone. The call cannot fail for this clock.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(millisecondsSinceEpoch: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Orders moments by time.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }

    /// The moment in UTC as RFC 3339 writes it, always with three decimals.
    package var rfc3339: String {
        let (day, millisecond) = Self.divide(millisecondsSinceEpoch, by: 86_400_000)
        let date = Self.civilDate(daysSinceEpoch: day)
        let clock = [millisecond / 3_600_000, millisecond / 60_000 % 60, millisecond / 1000 % 60]
        return Self.padded(date.year, 4) + "-" + Self.padded(date.month, 2) + "-" + Self.padded(date.day, 2)
            + "T" + clock.map { Self.padded($0, 2) }.joined(separator: ":")
            + "." + Self.padded(millisecond % 1000, 3) + "Z"
    }

    /// Turns a count of days into a date of the Gregorian calendar.
    ///
    /// Counts from 1 March of year 0, so that the leap day ends a year; 146,097 days make one cycle of 400 years, and the
    /// months from March on repeat a pattern of 153 days in five.
    private static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (cycle, dayOfCycle) = divide(daysSinceEpoch + 719_468, by: 146_097)
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, day)
    }

    /// Divides towards minus infinity, so that the remainder is never negative.
    private static func divide(_ number: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
