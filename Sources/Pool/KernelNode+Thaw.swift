import LinuxHost
import Log
import Synchronization
import Volumes

extension KernelNode {
    /// How long is waited before what could not be thawed is tried again, at first and at most.
    private static let pauseSeconds: (first: Double, longest: Double) = (1, 60)

    /// Thaws what a driver that was killed had frozen; to be called before anything is served.
    ///
    /// Needs the notes, the mount table and the devices alone. What cannot be thawed now is tried again in the
    /// background, and its note stays until then.
    package func thawLeftovers() {
        guard !thawOnce() else { return }
        do {
            _ = try OwnThread.start(name: "thaw") { [self] in
                var pause = Self.pauseSeconds.first
                repeat {
                    Clock.sleep(nanoseconds: Int64(pause * 1e9))
                    pause = min(pause * 2, Self.pauseSeconds.longest)
                } while !thawOnce()
            }
        } catch {
            log.error("what was left frozen is not tried again before the next start", (.error, "\(error)"))
        }
    }

    /// Removes half-written notes that killed drivers left on this node.
    package func sweepNotes() {
        for name in NodeFolder.sweepAll() {
            log.info("leftover of an interrupted write removed", (.path, "\(NodeFolder.path)/\(name)"))
        }
    }

    /// What may still be frozen since an earlier run, each a sentence; nothing once all of it is thawed.
    package var thawTroubles: [String] { leftFrozen.withLock { $0 } }

    /// True where nothing is left to be thawed.
    private func thawOnce() -> Bool {
        let troubles = thawAll()
        leftFrozen.withLock { $0 = troubles }
        return troubles.isEmpty
    }

    /// Thaws what can be thawed; returns what cannot.
    private func thawAll() -> [String] {
        let leftovers: [FreezeNotes.Leftover]
        do {
            leftovers = try FreezeNotes.leftovers()
        } catch {
            log.warning("notes of freezes cannot be read; tried again", (.error, "\(error)"))
            return [
                "volumes may be left frozen, as the notes of freezes cannot be read: \(error); tried again"
            ]
        }
        var troubles: [String] = []
        for leftover in leftovers {
            do throws(SystemError) {
                if let place = leftover.place {
                    let wasFrozen = try thaw(place)
                    log.log(
                        wasFrozen ? .warning : .info,
                        wasFrozen ? "thawed a volume that was left frozen" : "nothing to thaw",
                        [(.volumeID, "\(leftover.id)"), (.path, place.path)])
                }
                try FreezeNotes.remove(leftover)
            } catch {
                troubles.append(
                    "volume \(leftover.id) may be left frozen, as thawing it fails: \(error); tried again")
                log.warning(
                    "a volume may be left frozen; tried again", (.volumeID, "\(leftover.id)"),
                    (.error, "\(error)"))
            }
        }
        return troubles
    }

    /// Thaws a file system; false where it is known that it is not frozen (any more).
    private func thaw(_ place: FreezeNotes.Place) throws(SystemError) -> Bool {
        guard let noted = place.device else { return try thaw(at: place.path, of: nil) }
        guard let device = try LoopDevice(number: noted.number), let content = try device.content(),
            content.identity == nil || noted.file == nil
                || content.identity.map(BackingFile.init) == noted.file
        else {
            // A device that carries another file was taken away, which the kernel does not allow while it is frozen.
            return false
        }
        let mounts = try MountTable.read().mounts(of: device).filter { $0.root == "/" }
        for mount in mounts where try isReachable(mount) { return try thaw(at: mount.target, of: mount.id) }
        return try thawUnseen(device)
    }

    private func isReachable(_ mount: Mount) throws(SystemError) -> Bool {
        try TargetPath(mount.target)?.reachedMount() == mount.id
    }

    /// Thaws through a path, at which that mount is to be met; without one, a loop device's.
    private func thaw(at path: String, of mountID: UInt64?) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let folder = try OwnedDescriptor.open(path, .readOnly)
            let met = try folder.status().mountID
            if let mountID, met != mountID {
                throw SystemError(call: "find mount", errno: .busy, object: path)
            }
            let mount = try MountTable.read().mounts.first { $0.id == met }
            guard mount?.source.hasPrefix("/dev/loop") == true else { return false }
            try folder.thawFilesystem()
            return true
        } catch  where error.errno == .invalid || error.errno == .noEntry {
            // EINVAL says that it is not frozen (any more), which is what was wanted.
            return false
        }
    }

    /// A file system that was unmounted while it was frozen lives on, and keeps its device claimed.
    private func thawUnseen(_ device: LoopDevice) throws(SystemError) -> Bool {
        var last: SystemError?
        for kind in FilesystemKind.allCases {
            do throws(SystemError) {
                try Mounting.thawUnseen(device: device, type: kind.rawValue)
                return true
            } catch {
                // EINVAL: it is of that kind and not frozen, or of another kind.
                if error.errno.isShortage { throw error }
                last = error
            }
        }
        if let last, last.errno != .invalid { log.info("nothing to thaw", (.error, "\(last)")) }
        return false
    }
}
