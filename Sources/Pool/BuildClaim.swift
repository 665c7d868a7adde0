import LinuxHost
import Volumes

/// Tells the drivers of all nodes of a shared pool that something is being built, or changed in steps.
///
/// A file beside it in `staging/`, locked by the builder. The lock of a folder is not enough: on NFS that holds on one
/// machine only (Linux 6.18), where the lock of a file that is open for writing holds on all. The file comes first and
/// goes last, so a folder without one has no builder on another node.
final class BuildClaim {
    private static let suffix = ".lock"
    private static let attempts = 5

    private let staging: Directory
    private let name: String
    private let file: OwnedDescriptor

    private init(_ name: String, _ file: consuming OwnedDescriptor, in staging: consuming Directory) {
        self.name = name
        self.file = file
        self.staging = staging
    }

    /// What the claim on an entry of `staging/` is called.
    static func name(for entry: String) -> String { entry + suffix }

    /// Whether an entry of `staging/` is a claim on another one.
    static func isClaim(_ entry: String) -> Bool { entry.hasSuffix(suffix) }

    /// Claims a name in `staging/`; EBUSY if somebody else has.
    static func take(_ entry: String, in staging: borrowing Directory) throws(SystemError) -> BuildClaim {
        let name = name(for: entry)
        for _ in 0..<attempts {
            let file = try lockFile(name, in: staging)
            if try holds(file, name, in: staging) {
                return BuildClaim(name, file, in: try staging.reopened())
            }
            // A start that sweeps holds it for a moment.
            Clock.sleep(nanoseconds: 2_000_000)
        }
        throw SystemError(call: "flock", errno: .busy, object: name)
    }

    /// Locks the file; false if somebody else has it, or it lost its name before the lock was there.
    private static func holds(
        _ file: borrowing OwnedDescriptor, _ name: String, in staging: borrowing Directory
    ) throws(SystemError) -> Bool {
        guard try file.tryLock(.exclusive) else { return false }
        return try staging.status(name)?.identity == file.status().identity
    }

    /// A new file, or one that was left by a driver that was killed.
    private static func lockFile(
        _ name: String, in staging: borrowing Directory
    ) throws(SystemError) -> OwnedDescriptor {
        while true {
            do throws(SystemError) {
                return try staging.createFile(name, mode: 0o600)
            } catch  where error.errno == .exists {
                // Taken below.
            }
            do throws(SystemError) {
                return try staging.openFile(name, .readWrite)
            } catch  where error.errno == .noEntry {
                // Its holder was done just now.
            }
        }
    }

    /// Gives the name up.
    func end() {
        do {
            // Removed under the lock, so that whoever waits for it finds another file or none.
            try staging.removeTree(name)
            try file.unlock()
        } catch {
            // The next start of any driver sweeps it; the lock ends with the file.
        }
    }

    /// Removes an entry of `staging/` that nobody builds; false if it stays, or is gone by itself.
    static func removeUnclaimed(_ entry: String, from staging: borrowing Directory) throws(SystemError)
        -> Bool
    {
        // nfs(5): a file that is removed while it is open has such a name until it is closed.
        if entry.hasPrefix(".nfs") { return false }
        if isClaim(entry) { return try removeClaim(entry, from: staging) }
        guard try staging.status(name(for: entry)) == nil else { return false }
        return try removeUnlocked(entry, from: staging)
    }

    /// Removes a claim without a holder, with what was claimed.
    private static func removeClaim(
        _ name: String, from staging: borrowing Directory
    ) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let file = try staging.openFile(name, .readWrite)
            guard try holds(file, name, in: staging) else { return false }
            let entry = String(name.dropLast(suffix.utf8.count))
            let hadEntry = try staging.status(entry) != nil
            try staging.removeTree(entry)
            try staging.removeTree(name)
            try file.unlock()
            return hadEntry
        } catch  where error.errno == .noEntry {
            return false
        }
    }

    /// Removes a folder with all below it unless somebody on this node holds its lock.
    private static func removeUnlocked(
        _ name: String, from staging: borrowing Directory
    ) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let folder = try staging.open(name)
            guard try folder.tryLock(.exclusive) else { return false }
            try staging.removeTree(name)
            return true
        } catch  where error.errno == .noEntry {
            // Its builder was done with it just now.
            return false
        }
    }
}

extension DiskPool {
    /// Runs the body while the name in `staging/` is claimed; only shared pools need that.
    func claiming<Result>(
        _ entry: String, in staging: borrowing Directory, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        guard pool.isShared else { return try body() }
        let claim: BuildClaim
        do throws(SystemError) {
            claim = try BuildClaim.take(entry, in: staging)
        } catch {
            guard error.errno == .busy else { throw .whileAllocating("claim \(entry)", error) }
            throw .operationPending("\(entry), by the driver of another node")
        }
        defer { claim.end() }
        return try body()
    }

    /// The claim of who grows a volume.
    func growth(of name: VolumeName) -> String { "\(name).growth" }

    /// Lets all nodes know that sizes changed, which changes no folder.
    func tellOfGrowth() throws(VolumeFault) {
        let root = try opened()
        try VolumeFault.onHostAllocating("write \(PoolLayout.growth) of pool \(pool.name)") {
            () throws(SystemError) in
            try root.replace(
                PoolLayout.growth, with: Array(RandomBytes.hex(byteCount: 16).utf8), mode: 0o600, sync: true)
        }
    }

    /// What was told last.
    static func growth(in root: borrowing Directory) throws(SystemError) -> String? {
        do throws(SystemError) {
            return String(decoding: try root.read(PoolLayout.growth, limitBytes: 64), as: UTF8.self)
        } catch  where error.errno == .noEntry {
            return nil
        }
    }
}
