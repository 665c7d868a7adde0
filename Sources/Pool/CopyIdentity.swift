import LinuxHost
import Volumes

/// Gives the file system in a copied image an identity of its own, so that copy and source mount side by side.
enum CopyIdentity {
    private static let deadlineSeconds = 100.0

    /// Works on an image that nobody else sees yet.
    ///
    /// XFS keeps its UUID and is always mounted `nouuid`: a new one needs a replayed log.
    static func renew(_ image: String, _ kind: VolumeKind, on name: VolumeName) throws(VolumeFault) {
        switch kind {
        case .block, .filesystem(.xfs): return
        case .filesystem(.ext4): try renewExt4(image, name)
        case .filesystem(.btrfs): try renewBtrfs(image, name)
        }
    }

    /// Volumes are made with `metadata_csum_seed`, so that a new UUID changes the superblocks only; where the journal holds
    /// writes, tune2fs(8) replays it first, as a mount would.
    ///
    /// One without that feature (made by hand) keeps its UUID where a new one would cost a check, as nothing in ext4
    /// depends on it: tune2fs rewrites all checksums for it, and only where there was a check since the last mount.
    private static func renewExt4(_ image: String, _ name: VolumeName) throws(VolumeFault) {
        let result = try Tool.onHost(
            "tune2fs", ["-U", "random", image], "give the copy \(name) a UUID", deadlineSeconds)
        // tune2fs prints its wish for a check on standard output or error, depending on the reason.
        guard result.exitStatus != 0, !(result.standardOutput + result.standardError).contains("e2fsck")
        else { return }
        throw .host(
            step: "give the copy \(name) a UUID", cause: result.complaint(of: "tune2fs"))
    }

    /// Linux before 6.7 refuses to mount two btrfs with one fsid, so a copy gets another one.
    private static func renewBtrfs(_ image: String, _ name: VolumeName) throws(VolumeFault) {
        let step = "give the copy \(name) an fsid"
        guard try VolumeFault.onHost(step, { () throws(SystemError) in try !hasLogTree(image) }) else {
            return
        }
        // -m: only the superblocks change, whatever the size of the file system.
        let result = try Tool.onHost("btrfstune", ["-f", "-m", image], step, deadlineSeconds)
        guard result.exitStatus == 0 else {
            throw .host(step: step, cause: result.complaint(of: "btrfstune"))
        }
    }

    /// True where writes wait in the log for the next mount.
    ///
    /// With a new fsid Linux could not read that log, and not mount the copy at all (btrfs-progs 6.2, Linux 6.18).
    ///
    /// LIMIT: such a copy keeps its fsid, and mounts beside its source on Linux 6.7 and later only. A freeze empties the
    /// log, so this concerns copies made with `consistency: crash`, or of a volume that lost its power.
    private static func hasLogTree(_ image: String) throws(SystemError) -> Bool {
        // struct btrfs_super_block at 64 KiB, its log_root at 0x60.
        let root = try OwnedDescriptor.open(image, .readOnly).preadExactly(offset: 0x10060, count: 8)
        return root.contains { $0 != 0 }
    }
}
