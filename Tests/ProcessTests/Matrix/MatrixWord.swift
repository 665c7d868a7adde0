import CSIWire

/// What a call came to, in a word that fits into a table.
enum MatrixWord: String, CaseIterable, Comparable {
    case ok
    case invalid = "IA"
    case notFound = "NF"
    case exists = "AE"
    case exhausted = "RE"
    case precondition = "FP"
    case aborted = "AB"
    case range = "OR"
    case unimplemented = "UI"
    case internalError = "IN"
    case unavailable = "UA"
    case deadline = "DE"
    /// OK, although the kernel or the disk shows otherwise.
    case untrue = "untrue"
    /// An answer that does not name what it has to name.
    case silent = "silent"
    /// No driver was there to answer.
    case down = "down"
    /// Any other code.
    case other = "other"

    init(_ code: CSICode) {
        switch code {
        case .ok: self = .ok
        case .invalidArgument: self = .invalid
        case .notFound: self = .notFound
        case .alreadyExists: self = .exists
        case .resourceExhausted: self = .exhausted
        case .failedPrecondition: self = .precondition
        case .aborted: self = .aborted
        case .outOfRange: self = .range
        case .unimplemented: self = .unimplemented
        case .internalError: self = .internalError
        case .unavailable: self = .unavailable
        case .deadlineExceeded: self = .deadline
        default: self = .other
        }
    }

    static func < (one: Self, other: Self) -> Bool {
        let order = allCases
        return (order.firstIndex(of: one) ?? 0) < (order.firstIndex(of: other) ?? 0)
    }

    /// The name of the code, for the legend below the table; nothing where the word is its own.
    var legend: String? {
        switch self {
        case .ok, .untrue, .silent, .down, .other: nil
        case .invalid: "INVALID_ARGUMENT"
        case .notFound: "NOT_FOUND"
        case .exists: "ALREADY_EXISTS"
        case .exhausted: "RESOURCE_EXHAUSTED"
        case .precondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .range: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internalError: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .deadline: "DEADLINE_EXCEEDED"
        }
    }
}

/// What one call came to.
struct MatrixAnswer: Sendable {
    let word: MatrixWord
    let message: String
    let seconds: Double
}
