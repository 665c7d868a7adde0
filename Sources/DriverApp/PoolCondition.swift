import Metrics
import Volumes

/// How it stands with one of the operator's pools.
enum PoolCondition: Equatable, Sendable {
    /// It can be read and written.
    case served
    /// It is served, and takes no writes; a sentence.
    case readOnly(String)
    /// It is not served; why, in a sentence.
    case setAside(String)
    /// It does not answer; since when, and at what, in a sentence.
    case hung(String)

    /// The states as metrics name them.
    static let states = ["served", "read_only", "set_aside", "hung"]

    /// Which of the states it is in.
    var state: String {
        switch self {
        case .served: "served"
        case .readOnly: "read_only"
        case .setAside: "set_aside"
        case .hung: "hung"
        }
    }

    /// What is wrong; nothing where all is well.
    var trouble: String? {
        switch self {
        case .served: nil
        case .readOnly(let why), .setAside(let why), .hung(let why): why
        }
    }
}

extension Exposition {
    /// Writes which state each pool is in.
    mutating func write(_ pools: [(name: String, condition: PoolCondition)]) {
        begin(.poolState)
        for pool in pools {
            for state in PoolCondition.states {
                sample(.poolState, [pool.name, state], Int64(state == pool.condition.state ? 1 : 0))
            }
        }
    }
}
