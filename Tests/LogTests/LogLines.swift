import Log
import Synchronization

/// A sink that keeps what a logger wrote, with a clock that stands still.
final class LogLines: Sendable {
    private let written = Mutex<[[UInt8]]>([])

    func logger(_ format: LogFormat, minimum: LogLevel = .debug) -> Logger {
        Logger(
            format: format, minimum: minimum,
            clock: { Timestamp(millisecondsSinceEpoch: 1_700_000_000_123) },
            sink: { line in self.written.withLock { $0.append(line) } })
    }

    var texts: [String] {
        written.withLock { lines in lines.map { String(decoding: $0, as: UTF8.self) } }
    }
}
