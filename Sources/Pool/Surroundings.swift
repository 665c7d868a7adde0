import LinuxHost
package import Volumes

/// What a container has to be given of its host, so that volumes reach the pods.
///
/// Each of these is set in the manifest, forgotten easily, and noticed late: the volume is mounted where nobody sees it.
package enum Surroundings {
    /// Verifies that mounts below kubelet's folder reach the host, and so the pods.
    ///
    /// - Throws: `notNow` naming the remedy where the folder is missing or its mount is a private one.
    package static func checkPropagation(below root: HostPath) throws(VolumeFault) {
        let status = try VolumeFault.onHost("examine \(root)") { () throws(SystemError) in
            try FileStatus.at(root.text)
        }
        guard let status, status.kind == .directory else {
            throw .notNow(
                "kubelet's folder \(root) is missing; show it to the driver, or name the right one with --kubelet-root"
            )
        }
        let mount = try VolumeFault.onHost("read the mount table") { () throws(SystemError) in
            try MountTable.read().mounts.first { $0.id == status.mountID }
        }
        guard mount?.isShared == true else {
            throw .notNow(
                "mounts below \(root) do not reach the host, so pods would never see their volumes; set "
                    + "mountPropagation: Bidirectional on it (outside of containers: mount --make-rshared /)")
        }
    }

    /// What is wrong with /dev, if something is: nodes of new loop devices appear only in the kernel's own devtmpfs.
    package static func troubleWithDeviceNodes() throws(VolumeFault) -> String? {
        let top = try VolumeFault.onHost("read the mount table") { () throws(SystemError) in
            try MountTable.read().mounts(at: "/dev").last
        }
        guard let top, top.filesystem != "devtmpfs" else { return nil }
        return
            "/dev is a \(top.filesystem) and not the host's: nodes of new loop devices do not appear there; "
            + "show the host's /dev to the driver"
    }
}
