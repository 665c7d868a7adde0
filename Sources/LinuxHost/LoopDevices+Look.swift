/// A loop device with the path of its file, as the kernel remembers it.
package struct LoopSight: Sendable {
    /// The device.
    package let device: LoopDevice
    /// See `LoopDevice.backingPath`.
    package let path: String
}

/// A loop device whose file system answers no question about the file, such as one that was shut down.
package struct UnseenLoop: Sendable {
    /// The device.
    package let device: LoopDevice
    /// See `LoopDevice.backingPath`.
    package let path: String
    /// What it answered.
    package let error: SystemError
}

extension LoopDevices {
    /// All attached devices with the paths of their files.
    ///
    /// No device is opened, so nobody's detach has to wait for this, and no file is looked at, so this waits for none and
    /// fails for none.
    package static func sights() throws(SystemError) -> [LoopSight] {
        var found: [LoopSight] = []
        for device in try all() {
            if let path = try device.backingPath() { found.append(LoopSight(device: device, path: path)) }
        }
        return found
    }

    /// The paths that the kernel shows for the files of all attached devices.
    package static func backingPaths() throws(SystemError) -> [String] { try sights().map(\.path) }

    /// All devices that carry this file, found by device and inode, never by path.
    ///
    /// With a name only devices are asked whose file is (or was) called so: each question goes on to the file system of
    /// the file, which may fail or wait, and strangers' are none of the caller's. A device that answers nothing about
    /// its file is left out.
    package static func backed(by file: FileIdentity, named name: String? = nil) throws(SystemError)
        -> [LoopDevice]
    {
        try attached(named: name) { $0.identity == file }
    }

    /// All attached devices whose backing file passes a test.
    static func attached(
        named name: String?, where matches: (LoopBacking) -> Bool
    ) throws(SystemError) -> [LoopDevice] {
        var found: [LoopDevice] = []
        for sight in try sights() {
            if let name, !sight.isNamed(name) { continue }
            do throws(SystemError) {
                if let backing = try sight.device.backing(), matches(backing) { found.append(sight.device) }
            } catch  where !error.errno.isShortage {
                continue
            }
        }
        return found
    }

    /// All attached devices whose path passes a test, with their status where their file systems answer.
    package static func look(
        where isWanted: (String) -> Bool = { _ in true }
    ) throws(SystemError) -> (seen: [(device: LoopDevice, status: LoopStatus)], unseen: [UnseenLoop]) {
        var seen: [(device: LoopDevice, status: LoopStatus)] = []
        var unseen: [UnseenLoop] = []
        for sight in try sights() where isWanted(sight.path) {
            do throws(SystemError) {
                if let status = try sight.device.status() { seen.append((sight.device, status)) }
            } catch  where !error.errno.isShortage {
                unseen.append(UnseenLoop(device: sight.device, path: sight.path, error: error))
            }
        }
        return (seen, unseen)
    }

    /// The devices that answer, with their status.
    package static func allWithStatus() throws(SystemError) -> [(device: LoopDevice, status: LoopStatus)] {
        try look().seen
    }
}

extension LoopSight {
    /// Whether the last part of the path is this name.
    fileprivate func isNamed(_ name: String) -> Bool {
        let path = path.withoutDeletedMark.utf8
        return path.count > name.utf8.count && path.suffix(name.utf8.count + 1).elementsEqual("/\(name)".utf8)
    }
}

extension String {
    /// The kernel appends a mark to the path of a backing file that was unlinked (Linux, `d_path`).
    package var withoutDeletedMark: String {
        let mark = " (deleted)"
        return hasSuffix(mark) ? String(dropLast(mark.count)) : self
    }
}
