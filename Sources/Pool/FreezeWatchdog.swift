import LinuxHost
import Synchronization

/// Ends a freeze at its deadline, whatever the thread that asked for it is doing.
final class FreezeWatchdog: Sendable {
    private enum State {
        /// Not frozen yet, or thawed again.
        case open
        case frozen
        /// The deadline came first.
        case expired
    }

    /// Opened before the freeze: nothing is sure to open while it lasts.
    private let folder: OwnedDescriptor
    private let bell: Bell
    /// Held over FIFREEZE and FITHAW, so that the two threads never undo each other's call; the kernel has them wait for
    /// one another in any case.
    private let state = Mutex(State.open)

    /// Runs the body while the file system of the folder is frozen, and thaws it at the deadline if the body still runs.
    ///
    /// Returns false if the deadline came first. The descriptor is closed and the watch over when this returns.
    ///
    /// - Throws: what the kernel says; EBUSY if somebody else froze it. The body was not run unless thawing failed.
    static func holding(
        _ folder: consuming OwnedDescriptor, seconds: Double, _ body: () -> Void
    ) throws(SystemError) -> Bool {
        // What the file system holds in memory is written first, so that the freeze has little left to write.
        try folder.syncFilesystem()
        let watchdog = FreezeWatchdog(folder: folder, bell: try Bell())
        let watcher = try OwnThread.start(name: "freeze-watch") { watchdog.watch(seconds) }
        var wasInTime = false
        var trouble: SystemError?
        do throws(SystemError) {
            if try watchdog.freeze() {
                body()
                wasInTime = try watchdog.thaw()
            }
        } catch {
            trouble = error
        }
        try watchdog.bell.ring()
        try watcher.join()
        if let trouble { throw trouble }
        return wasInTime
    }

    private init(folder: consuming OwnedDescriptor, bell: Bell) {
        self.folder = folder
        self.bell = bell
    }

    private func freeze() throws(SystemError) -> Bool {
        try state.withLock { (state) throws(SystemError) in
            guard state == .open else { return false }
            try folder.freezeFilesystem()
            state = .frozen
            return true
        }
    }

    private func thaw() throws(SystemError) -> Bool {
        try state.withLock { (state) throws(SystemError) in
            guard state == .frozen else { return false }
            do throws(SystemError) {
                try folder.thawFilesystem()
            } catch {
                // EINVAL: somebody else thawed it, and perhaps wrote; there is nothing left to thaw.
                if error.errno == .invalid { state = .open }
                throw error
            }
            state = .open
            return true
        }
    }

    private func watch(_ seconds: Double) {
        var hasRung = false
        do {
            hasRung = try bell.wait(seconds: seconds)
        } catch {
            // Who cannot tell the time ends the freeze now.
        }
        state.withLock { state in
            if state == .frozen {
                do {
                    try folder.thawFilesystem()
                } catch {
                    // The other thread's own attempt reports it.
                }
            }
            if !hasRung { state = .expired }
        }
    }
}
