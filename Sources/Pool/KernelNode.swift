import LinuxHost
package import Log
import Synchronization
package import Volumes

/// The kernel of this node: loop devices and mounts of the volumes in the pools.
///
/// Devices are found by device and inode of the image, never by the text of a path; only where the image is gone
/// (somebody removed it by hand) does the backing path inside our own pool tell whose device it was.
package final class KernelNode: NodeHost {
    private let served: Mutex<[PoolID: DiskPool]>
    let log: Logger
    let freezeLimitSeconds: Double
    /// How often and how long file systems were frozen.
    package let freezes = FreezeTally()
    /// Where a volume was attached last; only a hint, verified with the kernel by whoever uses it.
    let hints = Mutex<[VolumeID: Device]>([:])

    /// Works on the images of these pools.
    ///
    /// No file system is kept frozen longer than `freezeLimitSeconds`.
    package init(pools: [DiskPool], freezeLimitSeconds: Double = 10, log: Logger) {
        self.freezeLimitSeconds = freezeLimitSeconds
        served = Mutex(Dictionary(uniqueKeysWithValues: pools.map { ($0.pool.id, $0) }))
        self.log = log
    }

    /// Works on the images of one more pool.
    package func add(_ pool: DiskPool) {
        served.withLock { $0[pool.pool.id] = pool }
    }

    /// The pools that are served now.
    var pools: [PoolID: DiskPool] { served.withLock { $0 } }

    package func observe(_ ids: [VolumeID]) throws(VolumeFault) -> [VolumeOnNode] {
        var wanted: [(image: FileIdentity?, path: String?)] = []
        for id in ids {
            let pool = pools[id.pool]
            wanted.append((try pool?.imageStatus(of: id.name)?.identity, pool?.imagePath(of: id.name)))
        }
        let attached = try attachments(of: ids, wanted.map(\.image))
        guard wanted.contains(where: { attached.find($0.image, $0.path) != nil }) else {
            return ids.map { _ in VolumeOnNode() }
        }
        let table = try mountTable()
        return try wanted.map { (image, path) throws(VolumeFault) in
            guard let found = attached.find(image, path) else { return VolumeOnNode() }
            return try Self.view(of: found.device, found.status, image, in: table)
        }
    }

    /// The devices of the volumes: where all of them are known, a look at each; else a search through all devices.
    private func attachments(
        of ids: [VolumeID], _ images: [FileIdentity?]
    ) throws(VolumeFault) -> Attachments {
        try VolumeFault.onHost("look for loop devices") { () throws(SystemError) in
            var known = Attachments()
            for (id, image) in zip(ids, images) {
                guard let hint = hints.withLock({ $0[id] }), let device = try LoopDevice(number: hint.number),
                    let status = try device.status(), status.backing == image
                else { return try search(for: ids, images) }
                known.add(device, status)
            }
            return known
        }
    }

    /// All devices; remembers those of the volumes, so that a driver that was started anew searches but once.
    private func search(for ids: [VolumeID], _ images: [FileIdentity?]) throws(SystemError) -> Attachments {
        let all = try Attachments.read()
        for (id, image) in zip(ids, images) {
            guard let found = all.find(image, nil) else { continue }
            let device = Device(
                number: found.device.number, isReadOnly: found.status.readOnly,
                file: BackingFile(found.status.backing))
            hints.withLock { $0[id] = device }
        }
        return all
    }

    private static func view(
        of device: LoopDevice, _ status: LoopStatus, _ image: FileIdentity?, in table: MountTable
    ) throws(VolumeFault) -> VolumeOnNode {
        let step = "look for mounts of \(device)"
        let whole = try VolumeFault.onHost(step) { () throws(SystemError) in
            try table.mounts(of: device).filter { $0.root == "/" }
        }
        let nodes = try VolumeFault.onHost(step) { () throws(SystemError) in try table.nodeBinds(of: device) }
        return VolumeOnNode(
            device: Device(
                number: device.number, isReadOnly: status.readOnly, file: BackingFile(status.backing)),
            isOnOtherImage: image.map { $0 != status.backing } ?? false,
            isFilesystemReadOnly: whole.contains(where: \.isFilesystemReadOnly),
            filesystemMounts: whole.map(VolumeMount.init), nodeMounts: nodes.map(VolumeMount.init))
    }

    func mountTable() throws(VolumeFault) -> MountTable {
        try VolumeFault.onHost("read the mount table") { () throws(SystemError) in try MountTable.read() }
    }

    package func note(of id: VolumeID) throws(VolumeFault) -> StagingNote {
        guard let pool = pools[id.pool], let folder = try pool.folder(of: id.name) else {
            return StagingNote()
        }
        return try NoteFile.read(pool.noteName, from: folder)
    }

    package func keep(_ note: StagingNote, of id: VolumeID) throws(VolumeFault) {
        guard let pool = pools[id.pool], let folder = try pool.folder(of: id.name) else { return }
        try NoteFile.write(note, to: folder, as: pool.noteName)
    }

    package func digest(_ flags: MountFlags) -> String {
        flags.words.isEmpty ? "" : Digest.sha256Hex(Array(flags.words.joined(separator: "\n").utf8))
    }
}

/// The loop devices of the node at one moment.
struct Attachments {
    private var byImage: [FileIdentity: (device: LoopDevice, status: LoopStatus)] = [:]
    private var byPath: [String: (device: LoopDevice, status: LoopStatus)] = [:]

    /// Looks at every loop device whose file is called as images are, some 40 microseconds each.
    ///
    /// Strangers are not asked: their file systems may fail, or keep the caller waiting.
    static func read() throws(SystemError) -> Attachments {
        var all = Attachments()
        let found = try LoopDevices.look { $0.withoutDeletedMark.hasSuffix("/\(PoolLayout.image)") }
        for (device, status) in found.seen { all.add(device, status) }
        return all
    }

    mutating func add(_ device: LoopDevice, _ status: LoopStatus) {
        byImage[status.backing] = (device, status)
        byPath[status.backingPath.withoutDeletedMark] = (device, status)
    }

    func find(_ image: FileIdentity?, _ path: String?) -> (device: LoopDevice, status: LoopStatus)? {
        image.flatMap { byImage[$0] } ?? path.flatMap { byPath[$0] }
    }
}

extension DiskPool {
    /// Where the image of a volume lies.
    func imagePath(of name: VolumeName) -> String {
        "\(path)/\(PoolLayout.volumes)/\(name)/\(PoolLayout.image)"
    }
}

extension VolumeMount {
    /// Only the flag of this mount counts; one that the kernel set on the whole file system is a sign of trouble.
    init(_ mount: Mount) {
        self.init(path: mount.target, isReadOnly: mount.options.contains("ro"))
    }
}

extension BackingFile {
    init(_ identity: FileIdentity) { self.init(device: identity.device, inode: identity.inode) }
}

extension Device {
    /// The device in the terms of the host; ENODEV if it was removed meanwhile (LOOP_CTL_REMOVE), by whomever.
    func loop() throws(SystemError) -> LoopDevice {
        guard let loop = try LoopDevice(number: number) else {
            throw SystemError(call: "look for", errno: .noDevice, object: path)
        }
        return loop
    }

    /// Its device node in the terms of the host.
    var node: TargetPath {
        guard let node = TargetPath(path) else {
            preconditionFailure("A device node has a path below /dev, which \(path) is not.")
        }
        return node
    }
}
