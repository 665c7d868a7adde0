import LinuxHost
import Volumes

/// The path of a volume's image as the kernel remembers it for a loop device: `<pool>/volumes/<name>/image`.
///
/// The first part is missing where the pool was unmounted meanwhile, or mounted in another mount namespace only.
struct ImagePath {
    /// The part before `volumes`.
    let pool: Substring
    /// The folder name of the volume.
    let name: Substring

    /// That of a volume whose image, or a folder above it, was renamed since: of the path nothing is left.
    init(renamedOf name: VolumeName) {
        self.name = name.text[...]
        pool = ""
    }

    /// Takes a path apart; nil if it is no volume's.
    init?(_ path: String) {
        let clean = path.withoutDeletedMark
        let parts = clean.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 4, let name = parts.dropLast().last, parts.last == PoolLayout.image[...],
            parts[parts.count - 3] == PoolLayout.volumes[...], !name.isEmpty
        else { return nil }
        self.name = name
        pool = clean[..<parts[parts.count - 3].startIndex].dropLast()
    }
}
