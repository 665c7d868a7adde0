package import LinuxHost

extension PoolImage {
    /// Unmounts and detaches the pool of an outer folder, for a driver that has ended for good, such as a demo's.
    ///
    /// Nothing happens if it is neither mounted nor attached, or not there. Throws EBUSY while a volume in it is in use.
    package static func takeDown(_ folder: String) throws(SystemError) {
        guard try FileStatus.at(folder) != nil else { return }
        let root = try Directory.open(folder)
        if let status = try root.status(Layout.mountPoint), status.isMountRoot {
            try Mounting.unmount(Layout.mountPoint, in: root)
        }
        guard let file = try root.status(Layout.image) else { return }
        for device in try LoopDevices.backed(by: file.identity, named: Layout.image) {
            try device.detach(ifBackedBy: file.identity)
        }
    }
}
