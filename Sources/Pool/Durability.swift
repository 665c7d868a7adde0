import LinuxHost
import Synchronization
package import Volumes

/// Knows which folders of a pool hold nothing that a power loss could take back.
///
/// A call that was killed, or whose fsync failed, may have left a change that everybody sees and the disk does not have.
/// An answer must not rest on that. So before an answer rests on what was found, the folder is synced, unless a sync after
/// its last change is known to have succeeded.
final class Durability: Sendable {
    /// A change within the clock tick of a look has the same time; file systems count in milliseconds, some in seconds.
    private static let restNanoseconds: Int64 = 2_000_000_000

    /// The time of change up to which a folder is synced.
    private let synced = Mutex<[String: Int64]>([:])

    /// Makes the names in a folder durable; costs a look where they are known to be.
    ///
    /// `isOfMany` is for folders that other machines change, whose times say little.
    func ensure(_ name: String, _ folder: borrowing Directory, isOfMany: Bool) throws(SystemError) {
        let changed = try folder.status().modifiedNanoseconds
        if !isOfMany, synced.withLock({ $0[name] }) == changed { return }
        let isAtRest = Clock.wallNanoseconds - changed > Self.restNanoseconds
        try folder.sync()
        // What was changed after the look has another time by now.
        synced.withLock { $0[name] = isAtRest ? changed : nil }
    }
}

extension DiskPool {
    package func settle(_ key: ObjectKey) throws(VolumeFault) {
        let part =
            switch key {
            case .volume: PoolLayout.volumes
            case .snapshot(let name): name.membership == nil ? PoolLayout.snapshots : PoolLayout.groups
            case .group: PoolLayout.groups
            }
        guard let folder = try openedIfThere(part) else { return }
        try VolumeFault.onHost("make \(part) of pool \(pool.name) durable") { () throws(SystemError) in
            try durability.ensure(part, folder, isOfMany: pool.isShared)
        }
    }

    package func settleGrowth(of name: VolumeName) throws(VolumeFault) {
        guard let folder = try folder(of: name) else { return }
        try VolumeFault.onHost("make the growth of volume \(name) durable") { () throws(SystemError) in
            try folder.openFile(PoolLayout.image, .readOnly).sync()
            try folder.openFile(PoolLayout.record, .readOnly).sync()
            try folder.sync()
        }
    }
}
