/// The mounts that this process sees, at one moment.
package struct MountTable: Sendable {
    /// All mounts in the kernel's order.
    package let mounts: [Mount]

    private static let limitBytes = 64 * 1024 * 1024

    /// Reads the table.
    package static func read() throws(SystemError) -> MountTable {
        let bytes = try TextFile.readBytes("/proc/self/mountinfo", limitBytes: limitBytes)
        return MountTable(parsing: String(decoding: bytes, as: UTF8.self))
    }

    init(parsing text: String) {
        mounts = text.split(separator: "\n").compactMap { Mount($0.utf8) }
    }

    /// The mounts stacked at a path, the lowest first; the last one is what a user of the path sees.
    package func mounts(at path: String) -> [Mount] {
        var left = mounts.filter { $0.target == path }
        var stack: [Mount] = []
        // Each mount of a stack sits on the one below. Mounts that a parent of the path hides count as well.
        while !left.isEmpty {
            let ids = Set(left.map(\.id))
            let next =
                left.firstIndex { !ids.contains($0.parentID) || $0.parentID == $0.id } ?? left.startIndex
            stack.append(left.remove(at: next))
        }
        return stack
    }

    /// The mount that hides another disk at the same path; nothing where there is one mount at most, or the same twice.
    package func stacked(at path: String) -> Mount? {
        let stack = mounts(at: path)
        guard let top = stack.last, stack.contains(where: { $0.device != top.device }) else { return nil }
        return top
    }

    /// All mounts of the file system on a loop device, bind mounts of it included.
    package func mounts(of device: LoopDevice) throws(SystemError) -> [Mount] {
        var found: [Mount] = []
        for mount in mounts {
            if mount.device == device.deviceNumber {
                found.append(mount)
            } else if mount.filesystem == "btrfs" {
                // Btrfs shows a device number of its own making, so the source has to tell.
                if try Self.isNode(mount.source, of: device) { found.append(mount) }
            }
        }
        return found
    }

    /// All bind mounts of the device node itself, which is how a raw volume is published.
    ///
    /// Told from the table alone: whoever looks at a path may meet something that covers it.
    package func nodeBinds(of device: LoopDevice) -> [Mount] {
        mounts.filter { $0.loopNode == device.number }
    }

    private static func isNode(_ path: String, of device: LoopDevice) throws(SystemError) -> Bool {
        if path == device.path { return true }
        guard path.hasPrefix("/dev/"), let status = try FileStatus.at(path) else { return false }
        return status.kind == .blockDevice && status.deviceNumber == device.deviceNumber
    }
}
