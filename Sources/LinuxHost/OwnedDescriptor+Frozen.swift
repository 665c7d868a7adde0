internal import CLinux

/// What a look tells of a file system that might be frozen.
package enum FrozenLook: Sendable {
    /// It takes writes.
    case takesWrites
    /// Frozen, or something else keeps it from telling: only an attempt to freeze it is sure.
    case unclear
}

extension OwnedDescriptor {
    private static let pausesMilliseconds: [Int64] = [5, 10, 20]

    /// Looks whether the file system of this mount, whose root it is (a place will do), takes writes now; never waits for a
    /// thaw.
    ///
    /// Throws EIO where the file system was shut down.
    package func lookWhetherFrozen() throws(SystemError) -> FrozenLook {
        var pauses = Self.pausesMilliseconds[...]
        while true {
            let result = clinux_takes_writes(number)
            if result == -Errno.readOnly.rawValue { return .unclear }
            guard try SystemError.check("look whether it is frozen", on: pathForMessages, result) == 0 else {
                return .takesWrites
            }
            // Somebody else may have looked within the same tick of the kernel's clock.
            guard let pause = pauses.popFirst() else { return .unclear }
            Clock.sleep(nanoseconds: pause * 1_000_000)
        }
    }

    /// Freezes and thaws the file system to see whether somebody has frozen it; waits for the kernel, but for no thaw.
    ///
    /// It stays frozen if the process ends in between.
    package func isFrozenBySomebody() throws(SystemError) -> Bool {
        let opened = unsafe clinux_open(number, ".", CLINUX_OPEN_FOLDER, CLINUX_WALK_ANY, 0)
        let root = OwnedDescriptor(owning: try SystemError.check("open folder", on: pathForMessages, opened))
        do throws(SystemError) {
            try root.freezeFilesystem()
        } catch  where error.errno == .busy {
            return true
        }
        try root.thawFilesystem()
        return false
    }
}
