import CSIWire
import Testing
import VolumesTestSupport

@Suite("Fields of requests are checked before anything happens")
struct FieldTests {
    private static let long = String(repeating: "x", count: 129)
    private static let staging = "/kubelet/staging"
    private static let target = "/kubelet/pods/1"
    private let services: Services
    private let id: String

    init() throws {
        services = try Services()
        id = try services.create()
    }

    private func refuses<Request: CSIRequest>(_ request: Request, naming field: String) throws {
        let before = (services.driver.store.picture, services.driver.node.kernel)
        let outcome = try services.outcome(request)
        #expect(outcome.code == .invalidArgument, "\(request)")
        #expect(outcome.message.contains("\(field): "), "\(outcome.message)")
        #expect(before == (services.driver.store.picture, services.driver.node.kernel))
    }

    @Test("Every volume_id is required and bounded; it is the first field that is named")
    func volumeIDs() throws {
        for id in ["", Self.long] {
            try refuses(CSI.DeleteVolumeRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.ValidateVolumeCapabilitiesRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.ControllerExpandVolumeRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.ControllerGetVolumeRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.NodeStageVolumeRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.NodeUnstageVolumeRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.NodePublishVolumeRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.NodeUnpublishVolumeRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.NodeGetVolumeStatsRequest(volumeID: id), naming: "volume_id")
            try refuses(CSI.NodeExpandVolumeRequest(volumeID: id), naming: "volume_id")
        }
    }

    @Test("Fields are checked in one order, also for a volume that does not exist")
    func order() throws {
        for id in [id, "not-ours", "0000000000000001.gone"] {
            try refuses(CSI.NodeStageVolumeRequest(volumeID: id), naming: "staging_target_path")
            try refuses(
                CSI.NodeStageVolumeRequest(volumeID: id, stagingTargetPath: Self.staging),
                naming: "volume_capability")
            try refuses(CSI.NodeUnstageVolumeRequest(volumeID: id), naming: "staging_target_path")
            try refuses(CSI.NodePublishVolumeRequest(volumeID: id), naming: "target_path")
            try refuses(
                CSI.NodePublishVolumeRequest(volumeID: id, targetPath: Self.target),
                naming: "volume_capability")
            try refuses(CSI.NodeUnpublishVolumeRequest(volumeID: id), naming: "target_path")
            try refuses(CSI.NodeGetVolumeStatsRequest(volumeID: id), naming: "volume_path")
            try refuses(CSI.NodeExpandVolumeRequest(volumeID: id), naming: "volume_path")
            try refuses(CSI.ValidateVolumeCapabilitiesRequest(volumeID: id), naming: "volume_capabilities")
            try refuses(CSI.ControllerExpandVolumeRequest(volumeID: id), naming: "capacity_range")
        }
        try refuses(CSI.CreateVolumeRequest(), naming: "name")
        try refuses(CSI.CreateVolumeRequest(name: "n"), naming: "volume_capabilities")
    }

    @Test("Paths must be absolute and plain", arguments: ["x", "../x", "/a/../b", "/", "/a/./b"])
    func paths(path: String) throws {
        try refuses(
            CSI.NodeStageVolumeRequest(volumeID: id, stagingTargetPath: path, volumeCapability: .writer),
            naming: "staging_target_path")
        try refuses(
            CSI.NodePublishVolumeRequest(
                volumeID: id, stagingTargetPath: Self.staging, targetPath: path, volumeCapability: .writer),
            naming: "target_path")
        try refuses(
            CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: path), naming: "staging_target_path"
        )
        try refuses(CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: path), naming: "target_path")
        #expect(try services.code(CSI.NodeGetVolumeStatsRequest(volumeID: id, volumePath: path)) == .notFound)
        #expect(try services.code(CSI.NodeExpandVolumeRequest(volumeID: id, volumePath: path)) == .notFound)
    }

    @Test("Names are bounded and hold no control characters")
    func names() throws {
        for name in ["", Self.long, "a\u{1}", "a\u{7F}", "\u{85}", String(repeating: "ä", count: 65)] {
            try refuses(
                CSI.CreateVolumeRequest(name: name, volumeCapabilities: [.writer]), naming: "name")
        }
        for name in ["ä", "a b", "a\tb", String(repeating: "x", count: 128), "../../x", "/"] {
            #expect(
                try services.code(CSI.CreateVolumeRequest(name: name, volumeCapabilities: [.writer])) == .ok)
        }
    }

    @Test(
        "Capabilities that are incomplete, or that no volume of one node serves, are named with their place")
    func capabilities() throws {
        let bad: [(CSI.VolumeCapability, String)] = [
            (.init(), "access_type"), (.init(access: .block, mode: .unknown), "access_mode"),
            (.init(access: nil, mode: .singleNodeWriter), "access_type"),
            (.init(access: .mount(), mode: .multiNodeMultiWriter), "access_mode"),
            (.init(access: .block, mode: .multiNodeSingleWriter), "access_mode"),
            (.init(access: .block, mode: .unrecognized(99)), "access_mode"),
            (.init(access: .mount(fsType: "ntfs"), mode: .singleNodeWriter), "mount.fs_type"),
            (.init(access: .mount(group: "7"), mode: .singleNodeWriter), "mount.volume_mount_group"),
            (.init(access: .mount(flags: ["remount"]), mode: .singleNodeWriter), "mount.mount_flags"),
            (.init(access: .mount(flags: ["noatime,bind"]), mode: .singleNodeWriter), "mount.mount_flags"),
            (
                .init(
                    access: .mount(flags: [String(repeating: "x", count: 4097)]), mode: .singleNodeWriter),
                "mount.mount_flags"
            ),
        ]
        for (capability, field) in bad {
            try refuses(
                CSI.CreateVolumeRequest(name: "n", volumeCapabilities: [.writer, capability]),
                naming: "volume_capabilities[1].\(field)")
            try refuses(
                CSI.NodeStageVolumeRequest(
                    volumeID: id, stagingTargetPath: Self.staging, volumeCapability: capability),
                naming: "volume_capability.\(field)")
            try refuses(
                CSI.NodePublishVolumeRequest(
                    volumeID: id, stagingTargetPath: Self.staging, targetPath: Self.target,
                    volumeCapability: capability),
                naming: "volume_capability.\(field)")
        }
    }

    @Test("Capabilities that one volume cannot serve together are refused")
    func together() throws {
        let xfs = CSI.VolumeCapability(access: .mount(fsType: "xfs"), mode: .singleNodeWriter)
        let ext4 = CSI.VolumeCapability(access: .mount(fsType: "ext4"), mode: .singleNodeWriter)
        for pair in [[CSI.VolumeCapability.writer, .disk], [xfs, ext4]] {
            try refuses(
                CSI.CreateVolumeRequest(name: "n", volumeCapabilities: pair), naming: "volume_capabilities")
        }
        try refuses(
            CSI.CreateVolumeRequest(
                name: "n", volumeCapabilities: [xfs], parameters: ["csi.storage.k8s.io/fstype": "ext4"]),
            naming: "volume_capabilities")
    }

    @Test("Ranges, maps and features that are not offered are refused by name")
    func others() throws {
        func create(_ change: (inout CSI.CreateVolumeRequest) -> Void) -> CSI.CreateVolumeRequest {
            var request = CSI.CreateVolumeRequest(name: "n", volumeCapabilities: [.writer])
            change(&request)
            return request
        }
        try refuses(create { $0.capacityRange = .init() }, naming: "capacity_range")
        try refuses(
            create { $0.capacityRange = .init(requiredBytes: -1) }, naming: "capacity_range.required_bytes")
        try refuses(
            create { $0.capacityRange = .init(requiredBytes: 2, limitBytes: 1) }, naming: "capacity_range")
        try refuses(create { $0.parameters = ["typo": "x"] }, naming: "parameters")
        try refuses(
            create { $0.parameters = ["mkfsOptions": String(repeating: "x", count: 4096)] },
            naming: "parameters")
        try refuses(create { $0.parameters = ["mkfsOptions": "-d /etc"] }, naming: "parameters")
        try refuses(create { $0.mutableParameters = ["iops": "1"] }, naming: "mutable_parameters")
        for (source, field) in [
            (CSI.VolumeContentSource.snapshot(id: ""), ".snapshot.snapshot_id"),
            (.volume(id: ""), ".volume.volume_id"),
            (.unspecified, ""),
        ] {
            try refuses(create { $0.contentSource = source }, naming: "volume_content_source\(field)")
        }
        try refuses(
            CSI.ControllerExpandVolumeRequest(volumeID: id, capacityRange: .init()), naming: "capacity_range")
        try refuses(
            CSI.ControllerExpandVolumeRequest(
                volumeID: id, capacityRange: .init(requiredBytes: 1), volumeCapability: .init()),
            naming: "volume_capability.access_type")
        try refuses(CSI.ListVolumesRequest(maxEntries: -1), naming: "max_entries")
        try refuses(CSI.GetCapacityRequest(parameters: ["typo": "x"]), naming: "parameters")
    }
}
