import Text

/// Everything that an operation on volumes can end with besides success; each case is something a caller can act on.
package enum VolumeFault: Error, Equatable, Sendable {
    /// The request breaks a rule; nothing was done.
    case malformed(field: String, why: String)
    /// Our own records say that the object does not exist.
    case missing(String)
    /// The name or path is taken by something that does not fit the request.
    case existsDifferently(what: String, why: String)
    /// The pool cannot keep the promise asked for; nothing was left behind.
    case noSpace(String)
    /// The caller must change something first: in use, not staged, pool not fit for work.
    case notNow(String)
    /// An object or a pool is there and cannot be served until a person mends it; nobody touches its data meanwhile.
    case setAside(what: String, why: String)
    /// Another call on the same object is still running.
    case operationPending(String)
    /// No pool will ever (creation), or this pool cannot now (expansion), serve the size.
    case sizeNotServable(String)
    /// The feature is not part of this driver.
    case notOffered(String)
    /// The list token was not made by this driver.
    case staleToken(String)
    /// The driver is stopping and gave the work up; nothing was left behind, and the call is to be repeated.
    case stopping(String)
    /// The host failed a step; names the step, the object and what the host said.
    case host(step: String, cause: String)
}

extension VolumeFault {
    /// What is said of an object that has a record and no image.
    package static func withoutImage(_ what: String) -> VolumeFault {
        .setAside(what: what, why: "its image is missing; put the image back, or delete the object")
    }

    /// The same fault, with a second failure that happened while the first one was being undone.
    package func alsoFailed(undoing step: String, _ other: VolumeFault) -> VolumeFault {
        .host(step: step, cause: "\(summary); and undoing it failed too: \(other.summary)")
    }

    /// The fault in a sentence, as it is put into a status message and the log.
    package var summary: String {
        switch self {
        case .malformed(let field, let why): "\(field): \(why)"
        case .missing(let what): "\(what) does not exist"
        case .existsDifferently(let what, let why): "\(what) exists already and differs: \(why)"
        case .noSpace(let why), .notNow(let why), .sizeNotServable(let why), .notOffered(let why): why
        // Who could not open a pool has said which one.
        case .setAside(let what, let why):
            why.begins(with: what) ? "set aside: \(why)" : "\(what) is set aside: \(why)"
        case .operationPending(let what):
            "another operation on \(what) is still running; repeat the call later"
        case .staleToken(let why): "starting_token: \(why)"
        case .stopping(let step): "\(step): the driver is stopping; repeat the call later"
        case .host(let step, let cause): "\(step): \(cause)"
        }
    }
}

extension VolumeFault {
    /// Whether it may tell of a pool that cannot be looked at, rather than of what was asked for.
    var isOfPool: Bool {
        switch self {
        case .notNow, .setAside, .host: true
        case .malformed, .missing, .existsDifferently, .noSpace, .operationPending, .sizeNotServable,
            .notOffered,
            .staleToken, .stopping:
            false
        }
    }

    /// Whether it only says that somebody else is at work on it.
    var isPending: Bool {
        guard case .operationPending = self else { return false }
        return true
    }
}
