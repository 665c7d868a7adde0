package import Volumes

/// The cases of `VolumeFault` without what they carry; a new case does not compile until it is listed here.
package enum FaultKind: CaseIterable, Sendable {
    case malformed, missing, existsDifferently, noSpace, notNow, setAside, operationPending, sizeNotServable,
        notOffered
    case staleToken, stopping, host

    /// The kind of a fault.
    package init(_ fault: VolumeFault) {
        self =
            switch fault {
            case .malformed: .malformed
            case .missing: .missing
            case .existsDifferently: .existsDifferently
            case .noSpace: .noSpace
            case .notNow: .notNow
            case .setAside: .setAside
            case .operationPending: .operationPending
            case .sizeNotServable: .sizeNotServable
            case .notOffered: .notOffered
            case .staleToken: .staleToken
            case .stopping: .stopping
            case .host: .host
            }
    }

    /// A fault of this kind.
    package var example: VolumeFault {
        switch self {
        case .malformed: .malformed(field: "f", why: "w")
        case .missing: .missing("m")
        case .existsDifferently: .existsDifferently(what: "e", why: "d")
        case .noSpace: .noSpace("n")
        case .notNow: .notNow("nn")
        case .setAside: .setAside(what: "sa", why: "w")
        case .operationPending: .operationPending("op")
        case .sizeNotServable: .sizeNotServable("s")
        case .notOffered: .notOffered("no")
        case .staleToken: .staleToken("st")
        case .stopping: .stopping("sp")
        case .host: .host(step: "h", cause: "c")
        }
    }
}

/// The kind of fault that the work ends with, or nothing where it succeeds.
package func fault(_ work: () throws -> Void) throws -> FaultKind? {
    do {
        try work()
        return nil
    } catch let fault as VolumeFault {
        return FaultKind(fault)
    }
}

/// The fault that the work ends with, in a sentence.
package func complaint(_ work: () throws -> Void) throws -> String? {
    do {
        try work()
        return nil
    } catch let fault as VolumeFault {
        return fault.summary
    }
}
