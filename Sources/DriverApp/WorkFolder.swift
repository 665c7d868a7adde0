import LinuxHost

/// A fresh folder for a demo or a measurement, and its end.
enum WorkFolder {
    /// Makes a folder below `$TMPDIR`, or below `/var/tmp`, which is on a disk where /tmp may be in memory.
    static func make(_ purpose: String) throws -> String {
        let wish = HostIdentity.environment("TMPDIR") ?? ""
        let parent = wish.hasPrefix("/") ? wish : "/var/tmp"
        // Without links, because the driver refuses targets that lie behind one.
        guard let resolved = HostIdentity.resolved(parent) else {
            throw StartError("there is no folder \(parent) to work in; name one with TMPDIR")
        }
        let name = "loopcsi-\(purpose).\(RandomBytes.hex(byteCount: 4))"
        try Directory.open(resolved).create(name, mode: 0o700)
        return "\(resolved == "/" ? "" : resolved)/\(name)"
    }

    /// Removes the folder with all below it.
    ///
    /// - Throws: `LeftoverError` if mounts or loop devices were still there. They are taken away all the same.
    static func remove(_ folder: String) throws {
        let leftovers = try release(folder)
        guard let path = TargetPath(folder) else { return }
        try Directory.open(path.parent).removeTree(path.name)
        guard leftovers.isEmpty else { throw LeftoverError(leftovers: leftovers) }
    }

    /// Takes all mounts and loop devices of the folder away; returns what there was.
    private static func release(_ folder: String) throws -> [String] {
        var leftovers: [String] = []
        // A later mount may lie on an earlier one, and devices on files of a mount, as in a pool of its own, hold it.
        for mount in try MountTable.read().mounts.reversed() where mount.target.hasPrefix("\(folder)/") {
            leftovers += try detachAll(below: mount.target)
            try Mounting.unmount(mount.target)
            leftovers.append("a mount at \(mount.target)")
        }
        return try leftovers + detachAll(below: folder)
    }

    private static func detachAll(below path: String) throws -> [String] {
        var leftovers: [String] = []
        for sight in try LoopDevices.sights() where sight.path.hasPrefix("\(path)/") {
            try sight.device.detach()
            leftovers.append("\(sight.device)")
        }
        return leftovers
    }
}

/// Mounts and devices that a run which works well takes away itself.
struct LeftoverError: Error, CustomStringConvertible {
    let leftovers: [String]

    var description: String { "left over and removed now: \(leftovers.joined(separator: ", "))" }
}
