import LinuxHost
import Log
import Volumes

/// Waits at start for disks that are mounted late, so that no pool is begun in the empty folder below a mount point.
///
/// Meanwhile there is no socket, so that nobody takes the node for one that has the driver.
enum PoolMounts {
    private static let lookNanoseconds: Int64 = 1_000_000_000

    /// Returns when each pool with `mount=required` lies on a mount of its own, or with the signal that ended the wait.
    static func wait(for pools: [ServeOptions.PoolOptions], _ log: Logger) throws -> Int32? {
        for pool in pools where pool.needsMount {
            var hasTold = false
            while try !isMounted(pool.path) {
                if !hasTold {
                    log.warning(
                        "waiting for the disk of a pool: nothing is mounted at its folder",
                        (.pool, pool.name.text), (.path, pool.path))
                    hasTold = true
                }
                if let signal = try Signals.next(within: lookNanoseconds) { return signal }
            }
            if hasTold { log.info("the disk of the pool is mounted", (.pool, pool.name.text)) }
        }
        return nil
    }

    private static func isMounted(_ path: String) throws(SystemError) -> Bool {
        let real = HostIdentity.resolved(path) ?? path
        return try MountTable.read().mounts(at: real).last?.showsWholeFilesystem ?? false
    }
}
