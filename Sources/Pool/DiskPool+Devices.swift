import LinuxHost
package import Volumes

extension DiskPool {
    /// How many loop devices of the node carry images of this pool, by the paths that the kernel shows.
    package func countDevices() throws(VolumeFault) -> Int {
        let place = HostIdentity.resolved(path) ?? path
        let prefix = "\(place)/\(PoolLayout.volumes)/"
        return try VolumeFault.onHost("count devices of pool \(pool.name)") { () throws(SystemError) in
            try LoopDevices.backingPaths().count { $0.hasPrefix(prefix) }
        }
    }
}
