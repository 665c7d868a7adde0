/// What an operation runs on and what a promise is made for: volumes, snapshots and groups have names of
/// their own.
package enum ObjectKey: Hashable, Sendable, CustomStringConvertible {
    case volume(VolumeName)
    case snapshot(VolumeName)
    /// A group, with all that its members may come to cost.
    case group(VolumeName)

    package var description: String {
        switch self {
        case .volume(let name): "volume \(name)"
        case .snapshot(let name): "snapshot \(name)"
        case .group(let name): "group \(name)"
        }
    }
}
