package import LinuxHost
package import Volumes

/// The loop devices, mounts and locks of the node at one moment, for a look at whole pools.
package struct NodeView: Sendable {
    struct Attachment: Sendable {
        let device: LoopDevice
        let status: LoopStatus
    }

    let attachments: [Attachment]
    /// Devices on images whose file systems answer no question about them.
    let unseen: [UnseenLoop]
    let mounts: MountIndex
    let locks: FileLocks
    private let byFile: [FileIdentity: [Attachment]]

    /// Looks at the kernel; takes no lock and keeps nothing open.
    package static func look() throws(VolumeFault) -> NodeView {
        try VolumeFault.onHost("look at loop devices, mounts and locks") { () throws(SystemError) in
            let devices = try images()
            let (mounts, locks) = (MountIndex(try MountTable.read()), try FileLocks.read())
            // What is detached while the locks are read has none any more, and looks as if it never had one.
            let still = Set(try images().seen.map { "\($0.device) \($0.status.backing)" })
            return NodeView(
                attachments: devices.seen.filter { still.contains("\($0.device) \($0.status.backing)") }
                    .map(Attachment.init),
                unseen: devices.unseen, mounts: mounts, locks: locks)
        }
    }

    /// The devices whose files are called as images are: strangers' file systems may fail, or keep the look waiting.
    private static func images() throws(SystemError) -> (
        seen: [(device: LoopDevice, status: LoopStatus)], unseen: [UnseenLoop]
    ) {
        try LoopDevices.look { $0.withoutDeletedMark.hasSuffix("/\(PoolLayout.image)") }
    }

    /// Devices that could not be asked what they carry, each a sentence: of pools that are in trouble, or of others.
    ///
    /// Waits a moment at most, as a disk that hangs keeps its devices from answering.
    package static func unseenDevices() -> [String] {
        let looked = Patience.wait(seconds: 2, name: "unseen") { () -> [String] in
            do throws(VolumeFault) {
                return try look().unseen.map {
                    "\($0.device) on \($0.path) could not be asked what it carries: \($0.error.errno.name); look at the "
                        + "disk below it"
                }
            } catch {
                return ["loop devices could not be looked at: \(error.summary)"]
            }
        }
        return looked ?? ["loop devices do not answer; look at the disks below them"]
    }

    private init(
        attachments: [Attachment], unseen: [UnseenLoop], mounts: MountIndex, locks: FileLocks
    ) {
        self.attachments = attachments
        self.unseen = unseen
        self.mounts = mounts
        self.locks = locks
        byFile = Dictionary(grouping: attachments, by: \.status.backing)
    }

    /// The devices that carry a file.
    func attachments(of file: FileStatus?) -> [Attachment] {
        file.flatMap { byFile[$0.identity] } ?? []
    }

    /// Everything that the kernel shows of a volume.
    func view(of volume: PoolObject<VolumeRecord>) -> VolumeOnNode {
        guard let found = attachments(of: volume.imageFile).first else { return VolumeOnNode() }
        let whole = mounts.mounts(of: found.device).filter { $0.root == "/" }
        return VolumeOnNode(
            device: Device(
                number: found.device.number, isReadOnly: found.status.readOnly,
                file: BackingFile(found.status.backing)),
            isFilesystemReadOnly: whole.contains(where: \.isFilesystemReadOnly),
            filesystemMounts: whole.map(VolumeMount.init),
            nodeMounts: mounts.nodeBinds(of: found.device).map(VolumeMount.init))
    }
}

/// A volume as disk and kernel show it.
package struct VolumeSight: Sendable {
    /// What lies in the pool.
    package let object: PoolObject<VolumeRecord>
    /// Its handle.
    package let id: VolumeID
    /// The loop device that carries it, if one does.
    package let device: LoopDevice?
    /// How it is attached.
    package let attachment: LoopStatus?
    /// Where it is staged now.
    package let staged: [String]
    /// Where it is published now.
    package let published: [String]
    /// Other mounts of it, which the driver did not make.
    package let elsewhere: [String]
    /// Signs of trouble, each a sentence.
    package let troubles: [String]

    /// Puts together what pool and node show.
    package init(_ object: PoolObject<VolumeRecord>, in pool: PoolView, space: PoolSpace?, on node: NodeView)
    {
        self.object = object
        id = VolumeID(pool: pool.id, name: object.name)
        let view = node.view(of: object)
        let found = node.attachments(of: object.imageFile).first
        device = found?.device
        attachment = found?.status
        let paths = Set(view.mounts.map(\.path))
        // A raw volume has no mount where it is staged; its note counts while a device carries it.
        let isRaw = object.record?.kind == .block && device != nil
        staged = object.note.staged.keys.filter { isRaw || paths.contains($0) }.sorted()
        published = paths.intersection(object.note.published.keys).sorted()
        elsewhere = paths.subtracting(object.note.published.keys).subtracting(staged).sorted()
        var troubles: [String] = []
        if let record = object.record {
            troubles = VolumeHealth.troubles(of: record, object.image, in: space)
        } else {
            troubles = [object.fault ?? "its record cannot be read"]
        }
        self.troubles = troubles + KernelNode.troubles(of: view, object.note)
    }

    /// Fill of the mounted file system; nothing for a volume that is not mounted.
    ///
    /// Looks through the mount, as df does.
    package func usage() throws(VolumeFault) -> VolumeUsage? {
        guard object.record?.kind != .block, let path = (staged + published + elsewhere).first else {
            return nil
        }
        let space = try VolumeFault.onHost("examine \(path)") { () throws(SystemError) in
            try FilesystemSpace.at(path)
        }
        return VolumeUsage(space)
    }
}
