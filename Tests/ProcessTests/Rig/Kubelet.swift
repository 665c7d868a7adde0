import CSIWire
import LinuxHost
import Testing

/// Kubelet 1.36 as a driver meets it: its folders, the order of its calls, and what it does after an error.
///
/// It looks at the disk in place of remembering, so the same value stands for kubelet before and after a restart. It
/// removes folders as kubelet does, one by one and only if they are empty, so whatever the driver leaves fails the test.
struct Kubelet {
    static let driver = "loop.csi.local"
    /// After these kubelet takes the call for unfinished, and keeps what it made; after all others it removes that.
    static let uncertain: Set<CSICode> = [
        .cancelled, .deadlineExceeded, .unavailable, .resourceExhausted, .aborted,
    ]

    let rig: Rig
    let root: String
    let client: DriverClient
    private let realRoot: String

    /// Works below a folder of the rig, with the rig's driver unless another is given.
    init(_ rig: Rig, root: String? = nil, client: DriverClient? = nil) throws {
        self.rig = rig
        self.root = root ?? "\(rig.path)/kubelet"
        self.client = client ?? rig.client
        try Host.makeFolders("\(self.root)/pods")
        realRoot = try #require(HostIdentity.resolved(self.root))
        try Host.makeFolders(plugin)
    }

    /// The path as the kernel names it, where kubelet's folder is reached through a link.
    func real(_ path: String) -> String { realRoot + path.dropFirst(root.count) }

    private func isMounted(_ path: String) throws -> Bool { try Host.mounts(at: real(path)) > 0 }

    var plugin: String { "\(root)/plugins/kubernetes.io/csi" }

    /// The folder in which kubelet keeps a note of a staged volume.
    func deviceFolder(of volume: PersistentVolume) -> String {
        "\(plugin)/\(Self.driver)/\(Digest.sha256Hex(Array(volume.handle.utf8)))"
    }

    func staging(of volume: PersistentVolume) -> String {
        volume.kind == .block ? blockStaging(of: volume) : "\(deviceFolder(of: volume))/globalmount"
    }

    /// The folder of a volume in the folder of a pod; the driver makes `mount` in it.
    func podFolder(of volume: PersistentVolume, in pod: Pod) -> String {
        "\(root)/pods/\(pod.uid)/volumes/kubernetes.io~csi/\(volume.name)"
    }

    func target(of volume: PersistentVolume, in pod: Pod) -> String {
        volume.kind == .block ? publishPath(of: volume, in: pod) : "\(podFolder(of: volume, in: pod))/mount"
    }

    /// Stages, as before the first pod of a volume.
    func mountDevice(_ volume: PersistentVolume) throws {
        try askCapabilities()
        let staging = staging(of: volume)
        try Host.makeFolders(staging)
        try note(volume, in: volume.kind == .block ? blockData(of: volume) : deviceFolder(of: volume))
        try cleaning(unless: { try isMounted(staging) }) {
            _ = try client.call(stageRequest(volume))
        } cleanUp: {
            try forgetDevice(volume)
        }
    }

    /// Publishes to a pod, makes the files the group's, and maps a raw disk.
    func setUp(
        _ volume: PersistentVolume, in pod: Pod, readOnly: Bool = false, fsGroup: Int? = nil
    ) throws {
        try askCapabilities()
        let target = target(of: volume, in: pod)
        if volume.kind == .block {
            try Host.makeFolders(publishFolder(of: volume))
        } else {
            try Host.makeFolders(podFolder(of: volume, in: pod))
            try note(volume, in: podFolder(of: volume, in: pod))
        }
        try cleaning(unless: { try isMounted(target) }) {
            _ = try client.call(publishRequest(volume, in: pod, readOnly: readOnly))
        } cleanUp: {
            if volume.kind != .block { try forgetTarget(volume, in: pod) }
        }
        if volume.kind == .block { try map(volume, in: pod) }
        if let fsGroup, !readOnly { try own(target, fsGroup) }
    }

    /// Both at once: what has to be before a pod can start, or run on after a restart of kubelet.
    func start(_ volume: PersistentVolume, in pod: Pod = Pod(), readOnly: Bool = false) throws {
        try mountDevice(volume)
        try setUp(volume, in: pod, readOnly: readOnly)
    }

    /// Takes a volume from a pod that ended.
    func tearDown(_ volume: PersistentVolume, in pod: Pod = Pod()) throws {
        if volume.kind == .block { return try unmap(volume, in: pod) }
        try repeating { _ = try client.call(unpublishRequest(volume, in: pod)) }
        try forgetTarget(volume, in: pod)
    }

    /// Unstages, as after the last pod of a volume.
    func unmountDevice(_ volume: PersistentVolume) throws {
        try askCapabilities()
        let staging = staging(of: volume)
        if volume.kind == .block {
            try Host.removeTree("\(volumeDevices)/\(volume.name)/dev")
            // Kubelet has nothing to unstage where that folder is gone.
            guard try Host.exists(staging) else { return }
        } else {
            try refuseReferences(to: staging)
        }
        try repeating { _ = try client.call(unstageRequest(volume)) }
        try forgetDevice(volume)
    }

    /// Both at once.
    func end(_ volume: PersistentVolume, in pod: Pod = Pod()) throws {
        try tearDown(volume, in: pod)
        try unmountDevice(volume)
    }

    /// What the end of the power leaves: folders, notes and empty files, but no mount and no device.
    func reboot() throws {
        try rig.driver.kill9()
        try rig.clearKernel()
        try rig.start()
    }

    private func askCapabilities() throws {
        let answer = try client.call(CSI.NodeGetCapabilitiesRequest())
        try #require(answer.capabilities.contains(.stageUnstageVolume))
    }

    private func note(_ volume: PersistentVolume, in folder: String) throws {
        try Host.makeFolders(folder)
        let text = #"{"driverName":"\#(Self.driver)","volumeHandle":"\#(volume.handle)"}"#
        try Directory.open(folder).replace("vol_data.json", with: Array(text.utf8), mode: 0o644, sync: false)
    }

    /// Runs a call; after a final error kubelet removes what it made, and takes the volume for not mounted.
    private func cleaning(
        unless wasMounted: () throws -> Bool, _ call: () throws -> Void, cleanUp: () throws -> Void
    ) throws {
        let before = try wasMounted()
        do {
            try call()
        } catch let status as CSIStatus {
            if !before, !Self.uncertain.contains(status.code) { try cleanUp() }
            throw status
        }
    }

    /// Kubelet repeats a teardown until it succeeds.
    ///
    /// Here that is for a second only, against the processes that other tests start: each holds copies of all open
    /// descriptors until its exec, also of one that was just open below the target.
    func repeating(_ call: () throws -> Void) throws {
        for _ in 1...50 {
            do {
                return try call()
            } catch let status as CSIStatus where status.message.contains(/is busy|still in use/) {
                Clock.sleep(nanoseconds: 20_000_000)
            }
        }
        try call()
    }

    private func forgetTarget(_ volume: PersistentVolume, in pod: Pod) throws {
        let folder = podFolder(of: volume, in: pod)
        try Host.removeFolder("\(folder)/mount")
        try Host.removeTree("\(folder)/vol_data.json")
        try Host.removeFolder(folder)
    }

    private func forgetDevice(_ volume: PersistentVolume) throws {
        if volume.kind == .block { return try forgetBlockDevice(volume) }
        try Host.removeFolder(staging(of: volume))
        try Host.removeTree("\(deviceFolder(of: volume))/vol_data.json")
        try Host.removeFolder(deviceFolder(of: volume))
    }

    /// Kubelet waits while the file system is mounted anywhere but below its own folder of plugins.
    private func refuseReferences(to staging: String) throws {
        let mounts = try MountTable.read().mounts
        guard let here = mounts.last(where: { $0.target == real(staging) }) else { return }
        let others = mounts.filter { $0.device == here.device && !$0.target.hasPrefix(real(plugin) + "/") }
        guard others.isEmpty else { throw RigTrouble("still mounted at \(others.map(\.target))") }
    }

    /// What kubelet does for fsGroup: all files to the group, with leave to write, and folders that pass it on.
    private func own(_ target: String, _ group: Int) throws {
        try Host.run("chgrp", "-R", "\(group)", target)
        try Host.run("chmod", "-R", "g+rwX", target)
        try Host.run("find", target, "-type", "d", "-exec", "chmod", "g+s", "{}", "+")
    }
}
