import LinuxHost
import Pool
import Volumes

/// What is not well in the pools that are served, told by name as long as it lasts.
final class PoolTroubles: Sendable {
    private static let patience: Int64 = 1_000_000_000
    /// As many of a sort are named in each pool; the others are counted.
    private static let mostNamed = 5

    private let pools: [PoolWatch]

    init(_ pools: [PoolWatch]) { self.pools = pools }

    /// A line for each thing; takes a second at most, and tells what was seen last where a look takes longer.
    @Sendable func lines() -> [String] {
        let looks = pools.map { ($0, $0.begin()) }
        let deadline = Clock.monotonicNanoseconds + Self.patience
        return looks.flatMap { watch, pending in
            Self.lines(of: watch.name, watch.end(pending, by: deadline).last)
        }
    }

    static func lines(
        of pool: String, _ seen: (contents: PoolWatch.Contents?, abnormal: [AbnormalVolume])
    ) -> [String] {
        var lines: [String] = []
        if let trouble = seen.contents?.reclaimTrouble {
            lines.append(
                "the blocks of deleted objects cannot be given back, which is tried again: \(trouble)")
        }
        lines += named(
            (seen.contents?.torn ?? []).map { $0.fault.summary }, "objects are torn and set aside")
        lines += named(
            seen.abnormal.map { "volume \($0.id) is abnormal: \($0.troubles.joined(separator: "; "))" },
            "volumes are abnormal")
        return lines.map { "pool \(pool): \($0)" }
    }

    private static func named(_ all: [String], _ what: String) -> [String] {
        guard all.count > mostNamed else { return all }
        return all.prefix(mostNamed) + ["\(all.count - mostNamed) more \(what)"]
    }
}
