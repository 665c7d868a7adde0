/// A line without its time and before it has a form.
struct LogEntry: Sendable {
    /// Texts that are kept to be told of later are cut to so many bytes.
    private static let longestText = 1024

    let level: LogLevel
    let message: String
    var fields: [(LogKey, LogScalar)]

    /// The same number for equal lines: those whose level, message and fields are equal.
    ///
    /// Durations do not count. In the text of strangers, and in the error of a line that names an object, numbers do not
    /// either: they say on which port, or how full something was at that moment.
    func identity(isForeign: Bool) -> Int {
        let isOfObject = isForeign || fields.contains { $0.0.namesObject }
        // Seeded anew in each process, so that nobody can make a line that hides another one.
        var hasher = Hasher()
        hasher.combine(level)
        hasher.combine(message)
        for (key, value) in fields where key != .ms {
            hasher.combine(key)
            if isOfObject, key == .error || isForeign, case .string(let text) = value {
                hasher.combine(text.utf8.prefix(Self.longestText).filter { !(0x30...0x39).contains($0) })
            } else {
                hasher.combine(value)
            }
        }
        return hasher.finalize()
    }

    /// The same with texts that are not longer than what is kept.
    var kept: LogEntry {
        var line = self
        line.fields = fields.map { key, value in
            guard case .string(let text) = value, text.utf8.count > Self.longestText else {
                return (key, value)
            }
            return (key, .string(String(decoding: text.utf8.prefix(Self.longestText), as: UTF8.self)))
        }
        return line
    }

    /// A line that stands for so many.
    func standing(for count: UInt64) -> LogEntry {
        var line = self
        line.fields = fields.filter { $0.0 != .ms } + [(.repeated, .unsigned(count))]
        return line
    }
}

extension LogKey {
    /// True for fields that say which object a line is about.
    fileprivate var namesObject: Bool {
        switch self {
        case .volumeID, .volumeName, .snapshotID, .groupID: true
        default: false
        }
    }
}
