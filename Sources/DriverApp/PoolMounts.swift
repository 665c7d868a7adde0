import LinuxHost

/// Whether disks are mounted that a pool has to lie on (`mount=required`), so that none is begun in the empty folder below
/// a mount point.
enum PoolMounts {
    /// Whether the folder is a mount of its own; a folder of another file system is what a container shows for a disk that
    /// is not there.
    static func isMounted(_ path: String) throws(SystemError) -> Bool {
        let real = HostIdentity.resolved(path) ?? path
        return try MountTable.read().mounts(at: real).last?.showsWholeFilesystem ?? false
    }
}
