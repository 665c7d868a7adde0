import LinuxHost

/// Durations of one thing, measured again and again.
struct Durations {
    private var nanoseconds: [Int64] = []

    /// How many there are.
    var count: Int { nanoseconds.count }

    mutating func add(_ duration: Int64) { nanoseconds.append(duration) }

    /// The duration that this share of all does not exceed, by nearest rank; zero if there are none.
    func quantile(_ share: Double) -> Int64 {
        guard !nanoseconds.isEmpty else { return 0 }
        let rank = Int((share * Double(nanoseconds.count)).rounded(.up))
        return nanoseconds.sorted()[min(max(rank, 1), nanoseconds.count) - 1]
    }

    var median: Int64 { quantile(0.5) }
    var p90: Int64 { quantile(0.9) }
    var p99: Int64 { quantile(0.99) }
}

/// The steps of a volume's life, in their order.
enum LifeStep: String, CaseIterable {
    case create, stage, publish, unpublish, unstage, delete
}

/// Durations of each step of many lives, and of the lives as a whole.
struct LifeDurations {
    private var steps: [LifeStep: Durations] = [:]
    /// The sums of the steps of each life.
    private(set) var whole = Durations()

    /// Runs one life step by step; the body runs the step that it is given.
    mutating func live(_ body: (LifeStep) throws -> Void) throws {
        var sum: Int64 = 0
        for step in LifeStep.allCases {
            let begin = Clock.monotonicNanoseconds
            try body(step)
            let duration = Clock.monotonicNanoseconds - begin
            steps[step, default: Durations()].add(duration)
            sum += duration
        }
        whole.add(sum)
    }

    func of(_ step: LifeStep) -> Durations { steps[step] ?? Durations() }
}
