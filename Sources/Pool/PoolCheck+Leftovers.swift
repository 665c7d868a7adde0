import LinuxHost
import Volumes

extension PoolView {
    /// The pool folder itself.
    func status() throws(VolumeFault) -> FileStatus {
        let root = try disk.opened()
        return try VolumeFault.onHost("examine pool \(name)") { () throws(SystemError) in try root.status() }
    }

    /// Folders that every pool has and this one has not; those of later versions come with the driver that uses them.
    func missingFolders() throws(VolumeFault) -> [PoolFinding] {
        let root = try disk.opened()
        return try VolumeFault.onHost("examine pool \(name)") { () throws(SystemError) in
            var missing: [PoolFinding] = []
            for folder in [PoolLayout.volumes, PoolLayout.snapshots, PoolLayout.staging, PoolLayout.trash]
            where try root.status(folder)?.kind != .directory {
                missing.append(
                    PoolFinding(
                        .folderMissing, folder, "there is no such folder in the pool",
                        remedy: "start a driver, which makes it"))
            }
            return missing
        }
    }

    /// Half-written files beside the identity of the pool.
    func temporaries() throws(VolumeFault) -> [String] {
        let root = try disk.opened()
        return try VolumeFault.onHost("list pool \(name)") { () throws(SystemError) in
            try root.entries().filter(Directory.isTemporary).sorted()
        }
    }

    /// What is being built, or was when a driver ended.
    func stagingFolders() throws(VolumeFault) -> [(String, FileStatus)] { try entries(PoolLayout.staging) }

    fileprivate func entries(_ part: String) throws(VolumeFault) -> [(String, FileStatus)] {
        let folder = try disk.opened(part)
        return try VolumeFault.onHost("list \(part) of pool \(name)") { () throws(SystemError) in
            var found: [(String, FileStatus)] = []
            for entry in try folder.entries().sorted() {
                if let status = try folder.status(entry) { found.append((entry, status)) }
            }
            return found
        }
    }
}

extension PoolCheck {
    /// What a build may take where its lock cannot be seen.
    private static let longestBuildNanoseconds: Int64 = 3_600_000_000_000
    /// No file system is kept frozen longer than a minute (`--freeze-limit`).
    private static let longestFreezeNanoseconds: Int64 = 90_000_000_000

    /// Folders in `staging/` that nobody builds in.
    func leftovers(_ staging: [(String, FileStatus)]) -> [PoolFinding] {
        let names = Set(staging.map(\.0))
        return staging.compactMap { (entry, status) in
            let isClaimed = BuildClaim.isClaim(entry) || names.contains(BuildClaim.name(for: entry))
            guard !isBeingBuilt(status, elsewhere: isClaimed) else { return nil }
            return PoolFinding(
                .stagingLeftover, "staging/\(entry)",
                "nobody holds its lock: what was built here was cut off",
                remedy: "start the driver anew, which removes it")
        }
    }

    /// The lock of another node cannot be seen here.
    private func isBeingBuilt(_ folder: FileStatus, elsewhere: Bool) -> Bool {
        guard let filesystem = filesystemNumber(of: folder) else { return true }
        if node.locks.hold(inode: folder.identity.inode, on: filesystem) { return true }
        return (elsewhere || !node.locks.areComplete)
            && Clock.wallNanoseconds - folder.modifiedNanoseconds < Self.longestBuildNanoseconds
    }

    /// Deleted volumes and snapshots whose blocks are not free yet.
    func trash() throws(VolumeFault) -> [PoolFinding] {
        try pool.entries(PoolLayout.trash).map { (entry, _) in
            PoolFinding(
                .trashLeftover, "trash/\(entry)", "it is deleted, but its blocks are not given back yet",
                remedy:
                    "wait where a driver runs, which tries again and again and says in its log what is in the way; else the "
                    + "next start of one does it")
        }
    }

    /// Notes of freezes that are older than any freeze may be.
    func freezes() throws(VolumeFault) -> [PoolFinding] {
        let notes = try VolumeFault.onHost("read the notes of freezes") { () throws(SystemError) in
            try FreezeNotes.times()
        }
        let now = Clock.wallNanoseconds
        return notes.filter { $0.0.pool == pool.id && now - $0.1 > Self.longestFreezeNanoseconds }.map {
            (id, time) in
            PoolFinding(
                .freezeNote, "volume \(id.name)",
                "it was noted as frozen \((now - time) / 1_000_000_000) seconds ago and may still be",
                remedy: "start the driver anew, which thaws it (or fsfreeze --unfreeze)")
        }
    }

    /// What is wrong with the pool as a whole.
    func ofPool() throws(VolumeFault) -> [PoolFinding] {
        let folder = try pool.disk.opened()
        return try VolumeFault.onHost("examine pool \(pool.name)") { () throws(SystemError) in
            var findings: [PoolFinding] = []
            if try folder.space().isReadOnly {
                findings.append(
                    PoolFinding(
                        .poolReadOnly, pool.path, "its file system is read-only",
                        remedy: "look into the kernel's log, then remount it writable"))
            }
            // The top folder may be anybody's mount point; what is in it is root's alone.
            if root.owner != 0 || root.mode & 0o022 != 0 {
                findings.append(
                    PoolFinding(
                        .access, pool.path, "others than root may write to the pool's folder",
                        remedy: "chown root, chmod 0700"))
            }
            if let image = pool.disk.image, let status = try FileStatus.at(image.path),
                let finding = PoolFinding.access(image.path, "it", status)
            {
                findings.append(finding)
            }
            for name in PoolLayout.folders + [PoolLayout.identityFile] {
                if let status = try folder.status(name),
                    let finding = PoolFinding.access(name, "it", status)
                {
                    findings.append(finding)
                }
            }
            return findings
        }
    }

    /// Promises that the pool cannot keep.
    func promises() throws(VolumeFault) -> [PoolFinding] {
        let account = PoolAccount(pool, volumes, snapshots, in: try pool.space())
        let (total, free) = (account.space.total, account.space.free)
        let remedy = "make the pool larger, or delete what is not needed"
        var findings: [PoolFinding] = []
        if account.committed > total {
            findings.append(
                PoolFinding(
                    .promisesBeyondPool, pool.path,
                    "\(account.committed.bytes) bytes are promised, the pool has \(total.bytes)",
                    remedy: remedy))
        } else if account.committed > total.minus(account.reserve) {
            findings.append(
                PoolFinding(
                    .promisesBeyondReserve, pool.path,
                    "\(account.committed.bytes) bytes are promised of \(total.bytes), which eats into the reserve of "
                        + "\(account.reserve.bytes)",
                    remedy: remedy))
        }
        if account.owed > free {
            findings.append(
                PoolFinding(
                    .promisesNotCovered, pool.path,
                    "\(account.owed.bytes) bytes are promised and not allocated yet, but \(free.bytes) are free",
                    remedy: "\(remedy), or remove other files from its file system"))
        }
        return findings
    }
}
