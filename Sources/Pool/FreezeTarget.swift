import LinuxHost
import Synchronization
import Volumes

/// A mounted volume that is frozen for a while, by one thread, and thawed by it or by the watchdog.
final class FreezeTarget: Sendable {
    private enum State {
        /// Not frozen yet, or thawed again.
        case open
        case frozen
        /// The deadline came first.
        case expired
    }

    private let step: String
    /// Opened before the freeze: nothing is sure to open while it lasts.
    private let folder: OwnedDescriptor
    /// Held over FIFREEZE and FITHAW, so that the two threads never undo each other's call; the kernel has them wait for
    /// one another in any case.
    ///
    /// Each target has its own, so that a freeze that hangs keeps none of the others from being thawed.
    private let state = Mutex(State.open)
    private let since = Atomic<Int64>(0)
    private let tally: FreezeTally

    /// Nothing is frozen yet; `folder` is the root of the mount.
    init(_ id: VolumeID, _ folder: consuming OwnedDescriptor, _ tally: FreezeTally) {
        step = "freeze volume \(id)"
        self.tally = tally
        self.folder = folder
    }

    /// True from the freeze to the thaw, by whichever thread.
    var isFrozen: Bool { state.withLock { $0 == .frozen } }

    /// Writes what the file system holds in memory, so that the freeze has little left to write.
    func sync() throws(VolumeFault) {
        do throws(SystemError) {
            try folder.syncFilesystem()
        } catch {
            throw .whileFreezing(step, error)
        }
    }

    /// Freezes; false if the deadline came first.
    ///
    /// - Throws: `notNow` if somebody else froze it, `host`.
    func freeze() throws(VolumeFault) -> Bool {
        do throws(SystemError) {
            return try state.withLock { (state) throws(SystemError) in
                guard state == .open else { return false }
                try folder.freezeFilesystem()
                state = .frozen
                since.store(Clock.monotonicNanoseconds, ordering: .relaxed)
                return true
            }
        } catch {
            throw .whileFreezing(step, error)
        }
    }

    /// Thaws; false if it was not frozen up to now.
    func thaw() throws(VolumeFault) -> Bool {
        try VolumeFault.onHost(step) { () throws(SystemError) in
            try state.withLock { (state) throws(SystemError) in
                guard state == .frozen else { return false }
                do throws(SystemError) {
                    try folder.thawFilesystem()
                    tally.note(since: since.load(ordering: .relaxed))
                } catch {
                    // EINVAL: somebody else thawed it, and perhaps wrote; there is nothing left to thaw.
                    if error.errno == .invalid { state = .open }
                    throw error
                }
                state = .open
                return true
            }
        }
    }

    /// Thaws what is still frozen, and freezes no more if the deadline has come.
    func end(isExpired: Bool) {
        state.withLock { state in
            if state == .frozen {
                do {
                    try folder.thawFilesystem()
                    tally.note(since: since.load(ordering: .relaxed))
                } catch {
                    // The other thread's own attempt reports it.
                }
            }
            if isExpired { state = .expired }
        }
    }
}

extension VolumeFault {
    /// What it means that a mounted file system cannot be frozen.
    static func whileFreezing(_ step: String, _ error: SystemError) -> VolumeFault {
        switch error.errno {
        case .busy:
            .notNow("\(step): another program keeps its file system frozen; thaw it (fsfreeze --unfreeze)")
        // A file system that was shut down (XFS, ext4) or lost its device answers everything with EIO.
        case .inputOutput: .notNow(broken(step, "it does not answer (\(error))"))
        // The path of its mount leads to something else.
        case .noEntry: .notNow("\(step): its mount is hidden or gone (\(error)); unmount what covers it")
        default: .host(step: step, cause: "\(error)")
        }
    }

    /// A sentence about a file system that cannot be brought into a clean state, with the remedies.
    static func broken(_ step: String, _ trouble: String) -> String {
        "\(step): \(trouble), so what was written last may be lost; unmount it (end its pods) to have it checked, or "
            + "cut a snapshot with consistency: crash"
    }
}
