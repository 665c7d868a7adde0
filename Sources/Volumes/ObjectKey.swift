/// What an operation runs on and what a promise is made for: volumes and snapshots have names of their own.
package enum ObjectKey: Hashable, Sendable, CustomStringConvertible {
    case volume(VolumeName)
    case snapshot(VolumeName)

    package var description: String {
        switch self {
        case .volume(let name): "volume \(name)"
        case .snapshot(let name): "snapshot \(name)"
        }
    }
}
