/// The answer to a call that failed: a gRPC code and a sentence for people.
package struct CSIStatus: Error, Equatable, Sendable {
    /// The code that callers act on.
    package var code: CSICode
    /// What was attempted, on what, and why it failed; never a secret.
    package var message: String

    /// Makes a status from its two parts.
    package init(_ code: CSICode, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension CSIStatus: CustomStringConvertible {
    /// The name of the code and the message.
    package var description: String { "\(code.name): \(message)" }
}

/// The status codes of gRPC, with their numbers on the wire.
package enum CSICode: Int32, CaseIterable, Sendable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// The name that the gRPC documentation uses, such as "INVALID_ARGUMENT".
    package var name: String {
        switch self {
        case .ok: "OK"
        case .cancelled: "CANCELLED"
        case .unknown: "UNKNOWN"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internalError: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        }
    }
}
