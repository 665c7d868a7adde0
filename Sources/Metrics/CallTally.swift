internal import Synchronization

/// Counts answered calls in memory that is all there from the start, whatever callers ask for.
package final class CallTally: Sendable {
    /// Upper bounds of the buckets of the histogram, in seconds: from a probe to a copy of much data.
    package static let bounds = [0.001, 0.01, 0.1, 0.5, 2.5, 10, 60]

    private static let unknown = "unknown"

    private struct Method {
        var byCode: [UInt64]
        var byBucket = [UInt64](repeating: 0, count: CallTally.bounds.count)
        var seconds = 0.0

        var count: UInt64 { byCode.reduce(0, +) }
    }

    private let codes: [String]
    private let names: [String]
    private let places: [String: Int]
    private let methods: Mutex<[Method]>

    /// Counts calls of these methods, and those of any other together.
    ///
    /// `methods` are paths such as `/csi.v1.Identity/Probe`, of which the last part becomes the label; `codes` are
    /// names by number from 0 on, one of which a number that is out of their range counts as: UNKNOWN, 2.
    package init(methods: [String], codes: [String]) {
        precondition(codes.count > 2, "gRPC has 17 codes, and UNKNOWN is number 2.")
        self.codes = codes
        names = methods.map { String($0.split(separator: "/").last ?? "") } + [Self.unknown]
        places = Dictionary(uniqueKeysWithValues: methods.enumerated().map { ($1, $0) })
        let none = Method(byCode: [UInt64](repeating: 0, count: codes.count))
        self.methods = Mutex([Method](repeating: none, count: names.count))
    }

    /// Counts one call.
    package func note(path: String, code: Int32, seconds: Double) {
        let place = places[path] ?? names.count - 1
        let code = codes.indices.contains(Int(code)) ? Int(code) : 2
        let bucket = Self.bounds.firstIndex { seconds <= $0 }
        methods.withLock { methods in
            methods[place].byCode[code] += 1
            if let bucket { methods[place].byBucket[bucket] += 1 }
            methods[place].seconds += max(0, seconds)
        }
    }

    /// Writes both families: every method's successes, the other codes that occurred, and durations of what was called.
    package func write(to page: inout Exposition) {
        let methods = methods.withLock { $0 }
        page.begin(.calls)
        for (name, method) in zip(names, methods) {
            for (code, count) in zip(codes, method.byCode)
            where count > 0 || code == codes[0] && name != Self.unknown {
                page.sample(.calls, [name, code], Int64(clamping: count))
            }
        }
        page.begin(.callDuration)
        for (name, method) in zip(names, methods) where method.count > 0 {
            var below: UInt64 = 0
            for (bound, count) in zip(Self.bounds, method.byBucket) {
                below += count
                page.sample(.callDuration, "_bucket", [name], bound: Exposition.text(bound), "\(below)")
            }
            page.sample(.callDuration, "_bucket", [name], bound: "+Inf", "\(method.count)")
            page.sample(.callDuration, "_sum", [name], bound: nil, Exposition.text(method.seconds))
            page.sample(.callDuration, "_count", [name], bound: nil, "\(method.count)")
        }
    }
}
