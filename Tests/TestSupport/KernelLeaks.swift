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
        let devices = try LoopDevices.allWithStatus().filter { $0.status.backingPath.hasPrefix(path + "/") }
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
        // A device on a mounted node keeps that mount busy, so it goes first.
        for device in found.devices {
            try detach(device) { found.mounts.contains($0) }
        }
        for target in found.mounts.reversed() { try Mounting.unmount(target) }
        for device in found.devices.reversed() {
            try detach(device) { $0.hasPrefix(path + "/") }
        }
        return found
    }

    /// Detaches a device unless it carries something else by now than what is meant.
    private static func detach(_ device: LoopDevice, where isMeant: (String) -> Bool) throws {
        guard let status = try device.status(), isMeant(status.backingPath) else { return }
        try device.detach(ifBackedBy: status.backing)
    }
}
