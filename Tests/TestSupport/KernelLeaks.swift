package import LinuxHost

/// Mounts and loop devices below one folder, to see whether a test left some.
package struct KernelLeaks: Equatable, Sendable, CustomStringConvertible {
    /// Targets of mounts below the folder.
    package let mounts: [String]
    /// Devices whose image is or was below the folder.
    package let devices: [LoopDevice]

    /// Looks now; other tests and programs have folders of their own and do not count.
    package static func below(_ path: String) throws -> KernelLeaks {
        let mounts = try MountTable.read().mounts.map(\.target).filter { $0.hasPrefix(path + "/") }
        let devices = try LoopDevices.sights().filter { $0.path.hasPrefix(path + "/") }
        return KernelLeaks(mounts: mounts, devices: devices.map(\.device))
    }

    /// Whether nothing is left.
    package var isEmpty: Bool { mounts.isEmpty && devices.isEmpty }

    /// Names what is left.
    package var description: String { "mounts \(mounts), loop devices \(devices)" }

    /// Takes everything away that is left, as far as that goes, and says what it was.
    @discardableResult
    package static func clear(below path: String) throws -> KernelLeaks {
        let found = try below(path)
        for target in found.mounts.reversed() {
            // A pool in a file has devices below its mount, and kubelet puts one on the node of a raw disk; both keep
            // the mount busy.
            try detachAll(below: target)
            try Mounting.unmount(target)
        }
        try detachAll(below: path)
        return found
    }

    private static func detachAll(below path: String) throws {
        for sight in try LoopDevices.sights() where (sight.path + "/").hasPrefix(path + "/") {
            guard let content = try sight.device.content(), content.path == sight.path.withoutDeletedMark
            else { continue }
            try sight.device.detach(ifHolding: content)
        }
    }
}
