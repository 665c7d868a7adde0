import LinuxHost
package import Log
import Synchronization
package import Volumes

/// The kernel of this node: loop devices and mounts of the volumes in the pools.
///
/// Devices are found by device and inode of the image, never by the text of a path; only where the image is gone
/// (somebody removed it by hand), or must not be waited for, do the path that the kernel remembers and the driver's own
/// note tell whose device it is.
package final class KernelNode: NodeHost {
    private let served: Mutex<[PoolID: DiskPool]>
    let log: Logger
    let freezeLimitSeconds: Double
    /// How long a call waits for another driver's call on the same volume, in nanoseconds.
    let lockPatience: Int64
    /// The time between two looks whether it has ended.
    static let lockPause: Int64 = 10_000_000
    /// How often and how long file systems were frozen.
    package let freezes = FreezeTally()
    /// Where a volume was attached last; only a hint, verified with the kernel by whoever uses it.
    let hints = Mutex<[VolumeID: Device]>([:])
    /// Volumes that a call found frozen by somebody.
    let frozenVolumes = Mutex<Set<VolumeID>>([])
    /// What may still be frozen since an earlier run, each a sentence.
    let leftFrozen = Mutex<[String]>([])
    /// What calls are freezing now, for an orderly stop.
    let frozen = Mutex<[FreezeTarget]>([])
    /// Why the file systems of these devices could not grow, by number; each counts for the file that it carried then.
    let failedGrowths = Mutex<[Int32: (file: BackingFile?, why: String)]>([:])

    /// Works on the images of these pools.
    ///
    /// No file system is kept frozen longer than `freezeLimitSeconds`, and no call waits longer than `lockPatience`
    /// (nanoseconds) for another driver's call on the same volume.
    package init(
        pools: [DiskPool], freezeLimitSeconds: Double = 10, lockPatience: Int64 = 1_000_000_000, log: Logger
    ) {
        self.freezeLimitSeconds = freezeLimitSeconds
        self.lockPatience = lockPatience
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
        let wanted = ids.map { Attachments.Wanted(id: $0, image: image(of: $0), noted: nil) }
        let attached = try attachments(of: wanted)
        let found = wanted.map(attached.find)
        guard found.contains(where: { $0 != nil }) else { return ids.map { _ in VolumeOnNode() } }
        let table = try mountTable()
        return try zip(wanted, found).map { (wanted, found) throws(VolumeFault) in
            guard let found else { return VolumeOnNode() }
            keepAttached(found)
            return try Self.view(of: found, wanted, in: table)
        }
    }

    /// The image of a volume, or nothing where its pool does not answer: then the kernel's own memory has to do.
    private func image(of id: VolumeID) -> FileIdentity? {
        do {
            return try pools[id.pool]?.imageStatus(of: id.name)?.identity
        } catch {
            return nil
        }
    }

    /// The devices of the volumes: where all of them are known, a look at each; else a search through all devices.
    private func attachments(of wanted: [Attachments.Wanted]) throws(VolumeFault) -> Attachments {
        var known = Attachments(places: places)
        for volume in wanted {
            guard let hint = hints.withLock({ $0[volume.id] }), try see(hint, of: volume, in: &known)
            else { return try search(for: wanted) }
        }
        return known
    }

    /// Looks at a device that may be the volume's; false if it is not for sure.
    func see(
        _ hint: Device, of volume: Attachments.Wanted, in known: inout Attachments
    ) throws(VolumeFault) -> Bool {
        let isNamedSo = try VolumeFault.onHost("look at \(hint)") { () throws(SystemError) in
            guard let device = try LoopDevice(number: hint.number) else { return false }
            return try known.read(device, named: volume.id.name, noted: hint.file)
        }
        guard isNamedSo, let status = known.find(volume)?.status else { return false }
        return status.backing == volume.image || BackingFile(status.backing) == volume.noted?.file
    }

    /// All devices; remembers those of the volumes, so that a driver that was started anew searches but once.
    func search(for wanted: [Attachments.Wanted]) throws(VolumeFault) -> Attachments {
        let names = Set(wanted.map(\.id.name.text).map { $0[...] })
        var all = Attachments(places: places, claimed: try claims(of: wanted))
        do throws(SystemError) {
            try all.read(names)
            for volume in wanted { try all.read(volume) }
        } catch {
            throw .host(step: "look for loop devices", cause: "\(error)")
        }
        for volume in wanted {
            guard let found = all.find(volume), found.status != nil else { continue }
            hints.withLock { $0[volume.id] = found.asDevice }
        }
        return all
    }

    var places: [PoolID: Attachments.Place] {
        pools.mapValues { Attachments.Place(path: $0.path, filesystem: $0.filesystemNumber) }
    }

    /// Which volumes of the same names devices are noted for, where several pools may have such volumes.
    private func claims(of wanted: [Attachments.Wanted]) throws(VolumeFault) -> [Int32: Set<VolumeID>] {
        let known = pools
        guard known.count > 1 || wanted.contains(where: { known[$0.id.pool] == nil }) else { return [:] }
        let names = Set(wanted.map(\.id.name))
        var claims: [Int32: Set<VolumeID>] = [:]
        for note in try StagedNotes.names(where: {
            VolumeID(String($0)).map { names.contains($0.name) } ?? false
        }) {
            guard let id = VolumeID(String(note.prefix { $0 != StagedNotes.nodeMark })),
                let device = try StagedNotes.read(note)?.device
            else { continue }
            claims[device.number, default: []].insert(id)
        }
        return claims
    }

    static func view(
        of found: Attachments.Found, _ wanted: Attachments.Wanted, in table: MountTable
    ) throws(VolumeFault) -> VolumeOnNode {
        let step = "look for mounts of \(found.device)"
        let whole = try VolumeFault.onHost(step) { () throws(SystemError) in
            try table.mounts(of: found.device).filter { $0.root == "/" }
        }
        let nodes = table.nodeBinds(of: found.device)
        let backing = found.status?.backing
        return VolumeOnNode(
            device: found.asDevice,
            isOnOtherImage: wanted.image.map { backing != nil && $0 != backing } ?? false,
            isFilesystemReadOnly: whole.contains(where: \.isFilesystemReadOnly),
            filesystemMounts: whole.map(VolumeMount.init), nodeMounts: nodes.map(VolumeMount.init))
    }

    func mountTable() throws(VolumeFault) -> MountTable {
        try VolumeFault.onHost("read the mount table") { () throws(SystemError) in try MountTable.read() }
    }

    package func digest(_ flags: MountFlags) -> String { Self.digest(flags.words) }

    static func digest(_ words: [String]) -> String {
        words.isEmpty ? "" : Digest.sha256Hex(Array(words.joined(separator: "\n").utf8))
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
        self.init(id: mount.id, path: mount.target, isReadOnly: mount.options.contains("ro"))
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

    /// Which file it carried when it was looked at, in the terms of the host.
    var content: LoopContent {
        LoopContent(
            identity: file.map { FileIdentity(device: $0.device, inode: $0.inode) }, path: imagePath)
    }

    /// Its device node in the terms of the host.
    var node: TargetPath {
        guard let node = TargetPath(path) else {
            preconditionFailure("A device node has a path below /dev, which \(path) is not.")
        }
        return node
    }
}
