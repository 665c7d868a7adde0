import LinuxHost
package import Volumes

extension DiskPool {
    /// Touches the pool's folder: a frozen file system has that wait, and a disk that hangs the sync.
    package func pulse() throws(VolumeFault) {
        let root = try opened()
        try VolumeFault.onHost("write to pool \(pool.name)") { () throws(SystemError) in
            try root.descriptor.touch()
            try root.descriptor.sync()
        }
    }
}
