import CSIWire
import LinuxHost
import Testing

/// One of the two pools of a driver of the matrix.
struct MatrixPool: Sendable {
    let name: String
    let disk: MatrixDisk

    var path: String { disk.path }

    /// What `--pool` says: nothing is to be made in the folder below the mount point.
    var words: String { "\(name)=\(path),mount=required" }

    /// Everything in it that belongs to an object, and half-written files anywhere.
    func contents() throws -> [String] {
        let objects = try ["volumes", "snapshots", "groups", "staging", "trash"].flatMap { part in
            try Host.names(in: "\(path)/\(part)").map { "\(part)/\($0)" }
        }
        return objects + (try Host.names(in: path).filter { $0.hasPrefix(".tmp-") })
    }
}

/// A volume of the matrix, with the requests of its life.
struct MatrixVolume: Sendable {
    let kind: Kind
    let pool: MatrixPool
    let folder: String
    let name: String
    var id: String

    var staging: String { "\(folder)/\(short)-staging" }
    var target: String { "\(folder)/\(short)-target" }
    var secondTarget: String { "\(folder)/\(short)-second" }
    private var short: String { String(name.prefix(40)) }
    var objectFolder: String { "\(pool.path)/volumes/\(name)" }

    var createRequest: CSI.CreateVolumeRequest {
        kind.create(name, bytes: kind.matrixBytes, parameters: ["pool": pool.name])
    }

    var stageRequest: CSI.NodeStageVolumeRequest {
        CSI.NodeStageVolumeRequest(
            volumeID: id, stagingTargetPath: staging, volumeCapability: kind.capability())
    }

    func publishRequest(at path: String) -> CSI.NodePublishVolumeRequest {
        CSI.NodePublishVolumeRequest(
            volumeID: id, stagingTargetPath: staging, targetPath: path, volumeCapability: kind.capability(),
            readonly: false)
    }

    func unpublishRequest(at path: String) -> CSI.NodeUnpublishVolumeRequest {
        CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: path)
    }

    var unstageRequest: CSI.NodeUnstageVolumeRequest {
        CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: staging)
    }

    var deleteRequest: CSI.DeleteVolumeRequest { CSI.DeleteVolumeRequest(volumeID: id) }

    func cutRequest(_ name: String) -> CSI.CreateSnapshotRequest {
        var request = CSI.CreateSnapshotRequest()
        request.sourceVolumeID = id
        request.name = name
        return request
    }

    /// A request for a volume with the content of the source.
    func copyRequest(_ name: String, from source: CSI.VolumeContentSource) -> CSI.CreateVolumeRequest {
        kind.create(name, bytes: kind.matrixBytes, parameters: ["pool": pool.name], from: source)
    }

    /// Thaws the file system, also where its last mount was taken away while it was frozen.
    func thaw() throws {
        guard let device = try device() else { return }
        try LoopFiles.thaw(device, in: folder)
    }

    /// The device that carries the image; names are of one run, so any path with it is of this volume.
    func device() throws -> LoopFiles.Attached? {
        try LoopFiles.attached().first { $0.file.contains("/\(name)") }
    }
}

extension Kind {
    /// The least size that a volume of the kind has.
    var matrixBytes: Int64 {
        switch self {
        case .ext4: 16 << 20
        case .block: 1 << 20
        case .xfs, .btrfs: bytes
        }
    }
}

/// An inline volume of a pod of the matrix.
struct MatrixInline: Sendable {
    let pool: MatrixPool
    let folder: String
    var id: String

    init(_ pool: MatrixPool, folder: String, mark: String) throws {
        self.pool = pool
        self.folder = "\(folder)/pods/\(RandomBytes.hex(byteCount: 6))/volumes/kubernetes.io~csi/scratch"
        id = "csi-\(mark)\(RandomBytes.hex(byteCount: 28))"
        try Host.makeFolders(self.folder)
    }

    var target: String { "\(folder)/mount" }

    /// Removes the pod's folder, as kubelet does once all is taken down, so that whatever is left of the volume is an
    /// orphan.
    func forget() {
        let pod = folder.split(separator: "/").dropLast(3).joined(separator: "/")
        do { try Host.removeTree("/\(pod)") } catch { print("/\(pod) stays: \(error)") }
    }

    var publishRequest: CSI.NodePublishVolumeRequest {
        CSI.NodePublishVolumeRequest(
            volumeID: id, targetPath: target,
            volumeCapability: CSI.VolumeCapability(
                access: .mount(fsType: "ext4"), mode: .singleNodeMultiWriter),
            volumeContext: [
                "size": "16Mi", "pool": pool.name, "csi.storage.k8s.io/ephemeral": "true",
                "csi.storage.k8s.io/pod.name": "web-0", "csi.storage.k8s.io/pod.namespace": "default",
                "csi.storage.k8s.io/pod.uid": "uid", "csi.storage.k8s.io/serviceAccount.name": "default",
            ])
    }

    var unpublishRequest: CSI.NodeUnpublishVolumeRequest {
        CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: target)
    }
}
