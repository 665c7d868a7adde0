import CSIWire
import Volumes

extension CSIStatus {
    /// The status that a caller acts on; the only place where a fault becomes a code.
    ///
    /// No `default`: a new fault does not compile until its code is decided (table in ARCHITECTURE.md).
    init(_ fault: VolumeFault) {
        let code: CSICode =
            switch fault {
            case .malformed: .invalidArgument
            case .missing: .notFound
            case .existsDifferently: .alreadyExists
            case .noSpace: .resourceExhausted
            case .notNow, .setAside: .failedPrecondition
            case .operationPending, .staleToken: .aborted
            case .sizeNotServable: .outOfRange
            case .notOffered: .unimplemented
            case .stopping: .unavailable
            case .host: .internalError
            }
        self.init(code, fault.summary)
    }
}
