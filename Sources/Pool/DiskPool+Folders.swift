import LinuxHost
import Log
import Synchronization
import Volumes

// The folders of a pool, opened anew by each call, which finds out that the disk below is another one.
extension DiskPool {
    /// The pool folder, if the pool that was opened is there.
    ///
    /// Told by the marks of its identity file; where these are others, by what that says, as a disk that was unmounted and
    /// mounted again may have another device number.
    func opened() throws(VolumeFault) -> Directory {
        let trouble: String
        do {
            let root = try Directory.open(path)
            let found = try root.status(PoolLayout.identityFile).map(IdentityMark.init)
            if let found, found == identity.withLock({ $0 }) { return root }
            guard let other = try stranger(in: root, found) else {
                return root
            }
            trouble = other
        } catch {
            trouble = "\(error); \(PoolError.remedy)"
        }
        watcher.onLoss()
        throw .notNow("pool \(pool.name) at \(path) cannot be used: \(trouble)")
    }

    /// Why a folder with another identity file is not the pool; nothing if it is, which is then remembered.
    private func stranger(in root: borrowing Directory, _ found: IdentityMark?) throws -> String? {
        guard let found else {
            return "there is no \(PoolLayout.identityFile) any more; is its disk still mounted there?"
        }
        let (id, file) = try Self.readIdentity(of: root, path: path, name: pool.name)
        guard id == pool.id else {
            return
                "pool \(id) is there now, and pool \(pool.id) was opened at start; bring that back, or start anew"
        }
        guard file == found else { return "it was exchanged while it was looked at" }
        // Somebody's copy of the identity file alone would make all volumes look deleted.
        guard try root.status(PoolLayout.volumes)?.kind == .directory else {
            return "it has the identity of the pool, but no folder \(PoolLayout.volumes); bring the pool back"
        }
        identity.withLock { $0 = file }
        log.info("the pool is back, on a disk that was mounted anew", (.pool, pool.name.text), (.path, path))
        return nil
    }

    /// Whether the pool that was opened is still at its place.
    package var isThere: Bool {
        do {
            _ = try opened()
            return true
        } catch {
            return false
        }
    }

    /// A folder of the layout.
    func opened(_ folder: String) throws(VolumeFault) -> Directory {
        let root = try opened()
        return try VolumeFault.onHost("open \(folder) of pool \(pool.name)") { () throws(SystemError) in
            try root.open(folder)
        }
    }

    /// The same, or nothing if it is missing, as it may be in a pool of an earlier version that is read-only.
    func openedIfThere(_ folder: String) throws(VolumeFault) -> Directory? {
        let root = try opened()
        do {
            return try root.open(folder)
        } catch {
            // Without the folder that every pool has nothing is known, and so nothing is gone.
            guard error.errno == .noEntry, folder != PoolLayout.volumes else {
                throw .host(step: "open \(folder) of pool \(pool.name)", cause: "\(error)")
            }
            return nil
        }
    }

    /// The same for who puts something into it, made if it is missing.
    func made(_ folder: String) throws(VolumeFault) -> Directory {
        let root = try opened()
        try VolumeFault.onHostAllocating("make \(folder) of pool \(pool.name)") { () throws(SystemError) in
            if try root.status(folder) == nil { try root.ensure(folder, mode: 0o700) }
        }
        return try opened(folder)
    }

    /// The folder of a volume (or snapshot), or nothing if there is no such one.
    func folder(
        of name: VolumeName, in folder: String = PoolLayout.volumes
    ) throws(VolumeFault) -> Directory? {
        guard let opened = try openedIfThere(folder) else { return nil }
        do {
            return try opened.open(name.text)
        } catch {
            guard error.errno == .noEntry else {
                throw .host(step: "open \(folder)/\(name)", cause: "\(error)")
            }
            return nil
        }
    }
}
