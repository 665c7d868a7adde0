/// What a fault does, as far as that decides what has to work.
enum MatrixHarm: String, Sendable {
    /// Nothing of the driver's is hit.
    case none
    /// The pool cannot be used: its disk is dead or not there, or what is there is not the pool.
    case lost = "not to be used"
    /// The pool can be read only.
    case readOnly = "read-only"
    /// The pool has no block left.
    case full = "full"
    /// Whoever writes to the pool waits.
    case hung = "hangs"
    /// The driver no longer knows the pool.
    case unconfigured = "not configured"
    /// The record of a volume says nothing that can be believed.
    case torn = "record torn"
    /// The image of a volume is not there, or is none.
    case imageless = "image missing"
    /// The folder of a volume was taken out of the pool.
    case gone = "folder gone"
    /// The volume's file system is frozen by somebody else.
    case frozen = "frozen"
    /// The volume's file system is shut down, or was turned read-only by an error.
    case broken = "takes no writes"
    /// Something else is mounted over the staging path.
    case stagingCovered = "staging path covered"
    /// Something else is mounted over the target path.
    case targetCovered = "target path covered"
    /// The device of a raw volume was taken away.
    case deviceless = "device detached"
    /// The driver can open nothing more.
    case descriptors
    /// Ids and names that nobody means well with.
    case text

    /// True where all of a pool is hit, so that there are no neighbors in it.
    var isOfPool: Bool {
        switch self {
        case .lost, .readOnly, .full, .hung, .unconfigured, .descriptors: true
        default: false
        }
    }

    /// True where the mounted volume has it, so that all calls are about that.
    var isOfMount: Bool {
        switch self {
        case .frozen, .broken, .stagingCovered, .targetCovered: true
        default: false
        }
    }

    /// The same without what is of the node.
    var isOfPoolAlone: Bool { isOfPool && self != .descriptors }

    /// True where what has it is one volume.
    var isOfVolume: Bool {
        switch self {
        case .torn, .imageless, .gone, .frozen, .broken, .stagingCovered, .targetCovered, .deviceless: true
        default: false
        }
    }
}
