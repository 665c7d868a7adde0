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

    private let bell: Bell
    private let state = Mutex(State.open)

    /// Begins to watch over the file system at the path.
    static func start(path: String, seconds: Double) throws(SystemError) -> FreezeWatchdog {
        let watchdog = FreezeWatchdog(bell: try Bell())
        _ = try OwnThread.start(name: "freeze-watch") { watchdog.watch(path, seconds) }
        return watchdog
    }

    private init(bell: Bell) { self.bell = bell }

    /// Freezes the file system of the folder, writing what it holds first, so that the freeze is short.
    ///
    /// - Throws: what the kernel says; it is not frozen then.
    func freeze(_ folder: borrowing OwnedDescriptor) throws(SystemError) {
        try folder.syncFilesystem()
        try folder.freezeFilesystem()
        try state.withLock { (state) throws(SystemError) in
            if state == .expired { return try folder.thawFilesystem() }
            state = .frozen
        }
    }

    /// Thaws it and ends the watch; false if the deadline was first.
    ///
    /// - Throws: what the kernel says of a file system that should have been frozen.
    func thaw(_ folder: borrowing OwnedDescriptor) throws(SystemError) -> Bool {
        try bell.ring()
        return try state.withLock { (state) throws(SystemError) in
            guard state == .frozen else { return false }
            try folder.thawFilesystem()
            state = .open
            return true
        }
    }

    private func watch(_ path: String, _ seconds: Double) {
        do {
            // Opened now, because nothing is sure to open while the file system is frozen.
            let folder = try OwnedDescriptor.open(path, .readOnly)
            guard try !bell.wait(seconds: seconds) else { return }
            try state.withLock { (state) throws(SystemError) in
                let isFrozen = state == .frozen
                state = .expired
                if isFrozen { try folder.thawFilesystem() }
            }
        } catch {
            // Without a descriptor there is nothing to thaw with; the freezing thread then finds the watch expired.
            state.withLock { $0 = .expired }
        }
    }
}
