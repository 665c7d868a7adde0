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

    /// Nothing in ext4 depends on its UUID being unique, so a copy that is not clean (its journal has to be replayed)
    /// keeps the old one.
    private static func renewExt4(_ image: String, _ name: VolumeName) throws(VolumeFault) {
        let result = try Tool.onHost(
            "tune2fs", ["-U", "random", image], "give the copy \(name) a UUID", deadlineSeconds)
        guard result.exitStatus != 0, !result.standardError.contains("needs_recovery"),
            !result.standardError.contains("e2fsck")
        else { return }
        throw .host(
            step: "give the copy \(name) a UUID", cause: result.complaint(of: "tune2fs"))
    }

    /// Linux refuses (before 6.7) or confuses two btrfs with one fsid, so a copy must not keep it.
    private static func renewBtrfs(_ image: String, _ name: VolumeName) throws(VolumeFault) {
        let step = "give the copy \(name) an fsid"
        // -m: only the superblocks change, whatever the size of the file system.
        let result = try Tool.onHost("btrfstune", ["-f", "-m", image], step, deadlineSeconds)
        guard result.exitStatus == 0 else {
            throw .host(step: step, cause: result.complaint(of: "btrfstune"))
        }
    }
}
