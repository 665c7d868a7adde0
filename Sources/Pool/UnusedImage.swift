import LinuxHost
import Volumes

/// The image of a volume that nobody can write to, kept so by a shared lock until it is let go of.
///
/// This process does nothing else with a volume that it copies, but another node or driver may have the same pool.
final class UnusedImage {
    private let file: OwnedDescriptor

    fileprivate init(_ file: consuming OwnedDescriptor) { self.file = file }

    deinit {
        do {
            try file.unlock()
        } catch {
            // Closing gives the lock up as well, only later where a child is just being started.
        }
    }
}

extension KernelNode {
    /// Locks the image of a volume that has no writable device here, while it is copied.
    ///
    /// - Throws: `notNow` if somebody else has it attached, `missing`, `host`.
    func unused(_ id: VolumeID) throws(VolumeFault) -> UnusedImage {
        let step = "look for users of volume \(id)"
        guard let folder = try pools[id.pool]?.folder(of: id.name) else { throw .missing("volume \(id)") }
        let file = try folder.openImage(.readOnly, of: "volume \(id)", step)
        let isMine = try VolumeFault.onHost(step) { () throws(SystemError) in try file.tryLock(.shared) }
        guard isMine else {
            throw .notNow(
                "volume \(id) is in use by another node or program, where it cannot be held still from here; end that use "
                    + "first, or make the copy there")
        }
        return UnusedImage(file)
    }
}
