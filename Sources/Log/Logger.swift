// Log: structured lines for the operator, and values that cannot be printed.
//
// Every other target may import Log; Log imports nothing of this package and no Foundation. A line is built completely in
// memory and handed to the sink in one piece. Keys come from `LogKey` alone, values from types that conform to
// `LogValue`; `Secret` does not conform, so a secret in a log line does not compile.

/// How much a line matters; a logger drops lines below its minimum.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case debug, info, warning, error

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }

    /// Orders levels from chatter to trouble.
    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}

/// The shape of a log line.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `key=value` pairs, quoted where needed; for people.
    case logfmt
    /// One JSON object per line; for collectors.
    case json
}

/// Writes structured lines; safe to share between threads.
package struct Logger: Sendable {
    private let format: LogFormat
    private let minimum: LogLevel
    private let clock: @Sendable () -> Timestamp
    private let sink: @Sendable ([UInt8]) -> Void
    private let repeats = Repeats()

    /// Makes a logger whose sink receives each line whole, newline included, from whichever thread logged it.
    package init(
        format: LogFormat,
        minimum: LogLevel,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now,
        sink: @escaping @Sendable ([UInt8]) -> Void = StandardError.write
    ) {
        self.format = format
        self.minimum = minimum
        self.clock = clock
        self.sink = sink
    }

    /// Logs what only somebody looking for a fault wants to read.
    package func debug(_ message: String, _ fields: (LogKey, any LogValue)...) {
        log(.debug, message, fields)
    }

    /// Logs the normal course of events.
    package func info(_ message: String, _ fields: (LogKey, any LogValue)...) {
        log(.info, message, fields)
    }

    /// Logs what went wrong without stopping the work, or soon will.
    package func warning(_ message: String, _ fields: (LogKey, any LogValue)...) {
        log(.warning, message, fields)
    }

    /// Logs work that failed.
    package func error(_ message: String, _ fields: (LogKey, any LogValue)...) {
        log(.error, message, fields)
    }

    /// Logs a warning whose text strangers have a part in: of such lines a few are shown in a minute, however they differ.
    package func foreign(_ message: String, _ fields: (LogKey, any LogValue)...) {
        pass(.warning, message, fields, isForeign: true)
    }

    /// Logs at a level chosen at run time, with fields collected beforehand.
    package func log(_ level: LogLevel, _ message: String, _ fields: [(LogKey, any LogValue)]) {
        pass(level, message, fields, isForeign: false)
    }

    /// How many warnings and errors were counted and not shown, because they were equal to one shown within a minute.
    package var linesSuppressed: UInt64 { repeats.suppressed }

    /// Tells of the lines that were counted up to now, for the end of the process.
    package func flush() {
        for entry in repeats.flush() { write(entry, clock()) }
    }

    private func pass(
        _ level: LogLevel, _ message: String, _ fields: [(LogKey, any LogValue)], isForeign: Bool
    ) {
        guard level >= minimum else { return }
        let now = clock()
        let entry = LogEntry(level: level, message: message, fields: fields.map { ($0, $1.logScalar) })
        for entry in repeats.pass(entry, isForeign: isForeign, at: now.millisecondsSinceEpoch) {
            write(entry, now)
        }
    }

    private func write(_ entry: LogEntry, _ now: Timestamp) {
        var line = LogLine(format: format)
        line.add("time", .string(now.rfc3339))
        line.add("level", .string(entry.level.rawValue))
        line.add("msg", .string(entry.message))
        for (key, value) in entry.fields { line.add(key.rawValue, value) }
        sink(line.finished())
    }
}
