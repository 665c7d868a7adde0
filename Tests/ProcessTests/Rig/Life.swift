import CSIWire
import LinuxHost
import Testing

/// What a volume is to be.
enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case ext4, xfs, btrfs, block

    static let mounted: [Kind] = [.ext4, .xfs, .btrfs]

    var testDescription: String { rawValue }

    /// A small size that this kind can have.
    var bytes: Int64 {
        switch self {
        case .ext4, .block: 64 << 20
        case .xfs: 320 << 20
        case .btrfs: 256 << 20
        }
    }

    /// The capability of a volume of this kind.
    func capability(_ mode: CSI.AccessMode = .singleNodeWriter, flags: [String] = []) -> CSI.VolumeCapability
    {
        CSI.VolumeCapability(
            access: self == .block ? .block : .mount(fsType: rawValue, flags: flags), mode: mode)
    }

    /// A request for a volume of this kind and size.
    func create(
        _ name: String, bytes: Int64? = nil, parameters: [String: String] = [:],
        mode: CSI.AccessMode = .singleNodeWriter, from source: CSI.VolumeContentSource? = nil
    ) -> CSI.CreateVolumeRequest {
        CSI.CreateVolumeRequest(
            name: name, capacityRange: CSI.CapacityRange(requiredBytes: bytes ?? self.bytes),
            volumeCapabilities: [capability(mode)], parameters: parameters, contentSource: source)
    }
}

/// One volume of a test and the calls of its life; paths are the rig's.
struct Life {
    let rig: Rig
    let kind: Kind
    let id: String
    /// The folder name of the volume in the pool.
    let name: String

    /// Creates the volume.
    init(
        _ rig: Rig, _ kind: Kind = .ext4, name: String = "vol", bytes: Int64? = nil,
        parameters: [String: String] = [:], from source: CSI.VolumeContentSource? = nil,
        by client: DriverClient? = nil
    ) throws {
        self.rig = rig
        self.kind = kind
        let request = kind.create(name, bytes: bytes, parameters: parameters, from: source)
        let volume = try #require(try (client ?? rig.client).call(request).volume)
        #expect(volume.contentSource == source)
        id = volume.volumeID
        self.name = String(id[id.index(after: try #require(id.firstIndex(of: ".")))...])
    }

    /// Creates, stages and publishes.
    static func published(
        _ rig: Rig, _ kind: Kind = .ext4, name: String = "vol", bytes: Int64? = nil,
        parameters: [String: String] = [:], from source: CSI.VolumeContentSource? = nil
    ) throws -> Life {
        let life = try Life(rig, kind, name: name, bytes: bytes, parameters: parameters, from: source)
        try life.stage()
        try life.publish()
        return life
    }

    var staging: String { "\(rig.path)/\(name)-staging" }
    var target: String { "\(rig.path)/\(name)-target" }
    var folder: String { "\(rig.pool)/volumes/\(name)" }
    var image: String { "\(folder)/image" }

    func stageRequest(
        at path: String? = nil, _ mode: CSI.AccessMode = .singleNodeWriter, flags: [String] = []
    ) -> CSI.NodeStageVolumeRequest {
        CSI.NodeStageVolumeRequest(
            volumeID: id, stagingTargetPath: path ?? staging,
            volumeCapability: kind.capability(mode, flags: flags))
    }

    func publishRequest(
        at path: String? = nil, _ mode: CSI.AccessMode = .singleNodeWriter, readOnly: Bool = false,
        from staging: String? = nil
    ) -> CSI.NodePublishVolumeRequest {
        CSI.NodePublishVolumeRequest(
            volumeID: id, stagingTargetPath: staging ?? self.staging, targetPath: path ?? target,
            volumeCapability: kind.capability(mode), readonly: readOnly)
    }

    func unpublishRequest(at path: String? = nil) -> CSI.NodeUnpublishVolumeRequest {
        CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: path ?? target)
    }

    func unstageRequest(at path: String? = nil) -> CSI.NodeUnstageVolumeRequest {
        CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: path ?? staging)
    }

    var deleteRequest: CSI.DeleteVolumeRequest { CSI.DeleteVolumeRequest(volumeID: id) }

    /// Makes the staging folder, as the caller has to, and stages.
    func stage(_ mode: CSI.AccessMode = .singleNodeWriter) throws {
        try Host.makeFolder(staging)
        _ = try rig.client.call(stageRequest(mode))
    }

    func publish(_ mode: CSI.AccessMode = .singleNodeWriter, readOnly: Bool = false) throws {
        _ = try rig.client.call(publishRequest(mode, readOnly: readOnly))
    }

    func unpublish(at path: String? = nil) throws { _ = try rig.client.call(unpublishRequest(at: path)) }

    func unstage() throws { _ = try rig.client.call(unstageRequest()) }

    func delete() throws { _ = try rig.client.call(deleteRequest) }

    /// Undoes whatever was done, each step of which must be OK in any state.
    func end() throws {
        try unpublish()
        try unstage()
        try delete()
    }

    /// The statistics at a path.
    func stats(at path: String? = nil) throws -> CSI.NodeGetVolumeStatsResponse {
        try rig.client.call(CSI.NodeGetVolumeStatsRequest(volumeID: id, volumePath: path ?? target))
    }

    /// The devices that carry the image.
    func devices() throws -> [LoopDevice] {
        try LoopDevices.allWithStatus().filter { $0.status.backingPath == image }.map(\.device)
    }

    /// The one device that carries the image.
    func device() throws -> LoopDevice {
        let all = try devices()
        try #require(all.count == 1, "the image has the devices \(all)")
        return all[0]
    }
}
