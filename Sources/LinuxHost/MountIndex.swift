/// The mount table, prepared for many questions about loop devices.
///
/// Answers from the table alone. A look through a path into a mount would hold that mount for a moment, in which
/// nobody could unmount it.
package struct MountIndex: Sendable {
    private var byNumber: [DeviceNumber: [Mount]] = [:]
    private var bySource: [String: [Mount]] = [:]
    private var nodes: [Substring: [Mount]] = [:]
    private var byID: [UInt64: Mount] = [:]

    /// Sorts a table.
    package init(_ table: MountTable) {
        for mount in table.mounts {
            byID[mount.id] = mount
            switch mount.filesystem {
            // Btrfs shows a device number of its own making, so the source has to tell.
            case "btrfs": bySource[mount.source, default: []].append(mount)
            case "devtmpfs", "tmpfs":
                guard let cut = mount.root.lastIndex(of: "/") else { continue }
                nodes[mount.root[mount.root.index(after: cut)...], default: []].append(mount)
            default: byNumber[mount.device, default: []].append(mount)
            }
        }
    }

    /// All mounts of the file system on a loop device, bind mounts of it included.
    package func mounts(of device: LoopDevice) -> [Mount] {
        (byNumber[device.deviceNumber] ?? []) + (bySource[device.path] ?? [])
    }

    /// All bind mounts of the device node, known by its name.
    package func nodeBinds(of device: LoopDevice) -> [Mount] { nodes["loop\(device.number)"] ?? [] }

    /// The mount with this id, as in `FileStatus.mountID`.
    package func mount(_ id: UInt64) -> Mount? { byID[id] }
}
