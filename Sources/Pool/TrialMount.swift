import LinuxHost
import Volumes

/// Finds out whether this node's kernel mounts a file system, on an image that nobody else sees yet.
enum TrialMount {
    static func run(
        _ kind: FilesystemKind, _ image: String, for record: VolumeRecord
    ) throws(VolumeFault) {
        let name = record.id.name.text
        do throws(SystemError) {
            let opened = try OwnedDescriptor.open(image, .readWrite)
            try LoopDevices.withTemporary(opened, name: name, sectorBytes: record.sectorBytes) {
                (device) throws(SystemError) in
                try Mounting.mountUnseen(device: device, kind, readOnly: false)
            }
        } catch {
            throw .host(
                step: "mount the new \(kind.rawValue) of volume \(name)",
                cause: "the kernel of this node does not mount such a file system: \(error)")
        }
    }
}

extension Mounting {
    /// Mounts a file system nowhere and takes it off again.
    static func mountUnseen(
        device: LoopDevice, _ kind: FilesystemKind, readOnly: Bool
    ) throws(SystemError) {
        // Copies of one XFS share a UUID.
        try mountUnseen(
            device: device, type: kind.rawValue, flag: kind == .xfs ? "nouuid" : nil, readOnly: readOnly)
    }
}
