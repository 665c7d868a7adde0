import CSIWire
import LinuxHost
import TestSupport
import Testing

/// The part of kubelet that is about raw disks.
extension Kubelet {
    var volumeDevices: String { "\(plugin)/volumeDevices" }

    func blockStaging(of volume: PersistentVolume) -> String { "\(volumeDevices)/staging/\(volume.name)" }

    func blockData(of volume: PersistentVolume) -> String { "\(volumeDevices)/\(volume.name)/data" }

    func publishFolder(of volume: PersistentVolume) -> String { "\(volumeDevices)/publish/\(volume.name)" }

    func publishPath(of volume: PersistentVolume, in pod: Pod) -> String {
        "\(publishFolder(of: volume))/\(pod.uid)"
    }

    /// Where kubelet binds the node a second time; the driver never hears of it but in NodeGetVolumeStats.
    func globalMap(of volume: PersistentVolume, in pod: Pod) -> String {
        "\(volumeDevices)/\(volume.name)/dev/\(pod.uid)"
    }

    func podLink(of volume: PersistentVolume, in pod: Pod) -> String {
        "\(root)/pods/\(pod.uid)/volumeDevices/kubernetes.io~csi/\(volume.name)"
    }

    /// The loop devices that kubelet put on the disk to hold it open.
    func holds(of volume: PersistentVolume, in pod: Pod) throws -> [LoopDevice] {
        let path = real(globalMap(of: volume, in: pod))
        return try LoopDevices.allWithStatus().filter { $0.status.backingPath == path }.map(\.device)
    }

    /// Binds the published node to the global path, links it for the pod, and holds it with a loop device.
    func map(_ volume: PersistentVolume, in pod: Pod) throws {
        let (source, global, link) = (
            publishPath(of: volume, in: pod), globalMap(of: volume, in: pod), podLink(of: volume, in: pod)
        )
        try Host.makeFolders("\(volumeDevices)/\(volume.name)/dev")
        if try Host.mounts(at: real(global)) == 0 {
            if try !Host.exists(global) { try Host.write("", to: global) }
            try Host.run("mount", "--bind", source, global)
        }
        try Host.makeFolders("\(root)/pods/\(pod.uid)/volumeDevices/kubernetes.io~csi")
        if try !Host.exists(link) { try Host.link(link, to: source) }
        guard try holds(of: volume, in: pod).isEmpty else { return }
        try Host.run("losetup", "--find", global)
    }

    /// Takes the hold, the link and the second node away; what is missing was taken before.
    func unmapFromKubelet(_ volume: PersistentVolume, in pod: Pod) throws {
        for device in try holds(of: volume, in: pod) { try Host.run("losetup", "--detach", device.path) }
        try waitUntil("kubelet's own device is gone") { try self.holds(of: volume, in: pod).isEmpty }
        try Host.removeTree(podLink(of: volume, in: pod))
        let global = globalMap(of: volume, in: pod)
        if try Host.mounts(at: real(global)) > 0 { try Host.run("umount", global) }
        try Host.removeTree(global)
    }

    func unmap(_ volume: PersistentVolume, in pod: Pod) throws {
        try unmapFromKubelet(volume, in: pod)
        try repeating { _ = try client.call(unpublishRequest(volume, in: pod)) }
        #expect(try !Host.exists(publishPath(of: volume, in: pod)), "the driver left the published file")
    }

    /// Kubelet removes the staging folder of a raw disk with all in it; a mount in there stops even that.
    func forgetBlockDevice(_ volume: PersistentVolume) throws {
        let publish = publishFolder(of: volume)
        if try Host.exists(publish), try Host.names(in: publish).isEmpty { try Host.removeFolder(publish) }
        try Host.removeTree(blockStaging(of: volume))
        try Host.removeTree("\(volumeDevices)/\(volume.name)")
    }
}
