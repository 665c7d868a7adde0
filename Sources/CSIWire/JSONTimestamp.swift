/// A moment as google.protobuf.Timestamp counts it, and its text by RFC 3339.
struct JSONTimestamp: Equatable {
    /// Seconds since 1970, in UTC.
    var seconds: Int64
    /// The part of a second, always forward in time.
    var nanoseconds: Int32

    /// From year 1 to year 9999, as the text form can say.
    private static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    init(seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The moment that a text like "2025-01-31T23:59:59.5Z" or "...+01:00" names.
    init?(_ text: String) {
        guard
            let match = text.wholeMatch(
                of:
                    /(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))/
                    .asciiOnlyDigits())
        else { return nil }
        let (_, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute) = match
            .output
        func number(_ digits: Substring?) -> Int64 { digits.flatMap { Int64($0) } ?? 0 }
        let civil = (year: number(year), month: number(month), day: number(day))
        guard (1...12).contains(civil.month), number(hour) < 24, number(minute) < 60, number(second) < 60,
            number(offsetHour) < 24, number(offsetMinute) < 60
        else { return nil }
        let days = Self.days(ofYear: civil.year, month: civil.month, day: civil.day)
        // A day that the month does not have comes back as one of the next month.
        guard Self.civil(ofDays: days) == civil else { return nil }
        let offset = (number(offsetHour) * 60 + number(offsetMinute)) * 60 * (sign == "-" ? -1 : 1)
        let time = (number(hour) * 60 + number(minute)) * 60 + number(second)
        seconds = days * 86400 + time - offset
        let padded =
            (fraction.map { String($0) } ?? "") + String(repeating: "0", count: 9 - (fraction?.count ?? 0))
        nanoseconds = Int32(padded) ?? 0
        guard Self.range.contains(seconds) else { return nil }
    }

    /// The text in UTC with no, three, six or nine digits after the second; nil if the moment has none.
    var text: String? {
        guard Self.range.contains(seconds), (0...999_999_999).contains(nanoseconds) else { return nil }
        func padded<I: BinaryInteger>(_ number: I, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let days = (seconds - (seconds % 86400 + 86400) % 86400) / 86400
        let time = seconds - days * 86400
        let civil = Self.civil(ofDays: days)
        var text = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
        text += "T\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))"
        switch (nanoseconds, nanoseconds % 1_000_000, nanoseconds % 1000) {
        case (0, _, _): break
        case (_, 0, _): text += ".\(padded(nanoseconds / 1_000_000, 3))"
        case (_, _, 0): text += ".\(padded(nanoseconds / 1000, 6))"
        default: text += ".\(padded(nanoseconds, 9))"
        }
        return text + "Z"
    }

    // The Gregorian calendar, counted in years that start in March, so that the leap day comes last. Works from
    // year 0 on.

    private static func days(ofYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted + 400) / 400 - 1
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(ofDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted + 146_097) / 146_097 - 1
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
