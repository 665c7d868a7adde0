internal import Synchronization

/// Counts equal lines instead of repeating them, in memory that is bounded whatever is logged.
///
/// The first line of its kind is always shown; those that follow within a minute are counted, and told of by one more line
/// with the count. There is no timer: counts are told when the next line of any kind comes, or at the end.
final class Repeats: Sendable {
    /// How long equal lines are counted, in milliseconds.
    static let window: Int64 = 60_000
    /// So many kinds are remembered; one more takes the place of the oldest.
    static let mostKinds = 256
    /// So many lines that differ are shown within a window where strangers have a part in the text.
    static let mostForeign = 10

    fileprivate struct Kind {
        var line: LogEntry
        let end: Int64
        /// Counts the kinds that came before.
        let number: UInt64
        var repeated: UInt64 = 0
    }

    fileprivate struct State {
        var kinds: [Int: Kind] = [:]
        /// When the first of them ends.
        var nextEnd = Int64.max
        var lastNumber: UInt64 = 0
        var suppressed: UInt64 = 0
        /// Lines with a text of strangers in this window.
        var foreign = (shown: 0, end: Int64.min)
    }

    private let state = Mutex(State())

    /// How many lines were counted and not shown.
    var suppressed: UInt64 { state.withLock { $0.suppressed } }

    /// The lines to write for one that came, at a time in milliseconds.
    func pass(_ line: LogEntry, isForeign: Bool, at now: Int64) -> [LogEntry] {
        state.withLock { state in
            guard line.level >= .warning else { return state.sweep(now) + [line] }
            let identity = state.identity(of: line, isForeign, now)
            let known = state.kinds[identity]
            if var kind = known, kind.isOpen(now) {
                kind.repeated += 1
                kind.line = line.kept
                state.kinds[identity] = kind
                state.suppressed += 1
                return state.sweep(now)
            }
            state.kinds[identity] = nil
            let told = state.sweep(now) + state.makeRoom()
            state.lastNumber += 1
            state.kinds[identity] = Kind(
                line: line.kept, end: now + Self.window, number: state.lastNumber)
            state.nextEnd = min(state.nextEnd, now + Self.window)
            guard let known, known.repeated > 0 else { return told + [line] }
            return told + [line.standing(for: known.repeated + 1)]
        }
    }

    /// The lines that tell of all that was counted up to now.
    func flush() -> [LogEntry] { state.withLock { $0.sweep(.max) } }
}

extension Repeats.Kind {
    /// False also where the clock was put back.
    fileprivate func isOpen(_ now: Int64) -> Bool { now < end && now >= end - Repeats.window }

    fileprivate var told: LogEntry? { repeated > 0 ? line.standing(for: repeated) : nil }
}

extension Repeats.State {
    /// Forgets the kinds whose time is over, and tells of what was counted.
    fileprivate mutating func sweep(_ now: Int64) -> [LogEntry] {
        guard now >= nextEnd || now < nextEnd - Repeats.window && nextEnd != .max else { return [] }
        let over = kinds.filter { !$0.value.isOpen(now) }
        for identity in over.keys { kinds[identity] = nil }
        nextEnd = kinds.values.map(\.end).min() ?? .max
        return over.values.sorted { $0.number < $1.number }.compactMap(\.told)
    }

    /// Forgets the oldest kind if there is no place for another one.
    fileprivate mutating func makeRoom() -> [LogEntry] {
        guard kinds.count >= Repeats.mostKinds,
            let oldest = kinds.min(by: { $0.value.number < $1.value.number })
        else { return [] }
        kinds[oldest.key] = nil
        return [oldest.value.told].compactMap(\.self)
    }

    /// A number that equal lines have in common; of the lines of strangers those beyond the first few are all alike.
    fileprivate mutating func identity(of line: LogEntry, _ isForeign: Bool, _ now: Int64) -> Int {
        let identity = line.identity(isForeign: isForeign)
        guard isForeign, kinds[identity] == nil else { return identity }
        if now >= foreign.end || now < foreign.end - Repeats.window {
            foreign = (0, now + Repeats.window)
        }
        guard foreign.shown >= Repeats.mostForeign else {
            foreign.shown += 1
            return identity
        }
        return LogEntry(level: line.level, message: line.message, fields: []).identity(isForeign: true)
    }
}
