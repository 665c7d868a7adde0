import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Bad input is refused by name and leaves nothing", .requiresRoot)
struct BadInputTests {
    /// A request to create that is wrong in one way, and the word that the refusal has to name.
    struct BadCreate: CustomTestStringConvertible, Sendable {
        let title: String
        let names: String
        let spoil: @Sendable (inout CSI.CreateVolumeRequest) -> Void

        init(
            _ title: String, _ names: String,
            _ spoil: @escaping @Sendable (inout CSI.CreateVolumeRequest) -> Void
        ) {
            self.title = title
            self.names = names
            self.spoil = spoil
        }

        var testDescription: String { title }
    }

    static let creates: [BadCreate] = [
        BadCreate("no name", "name") { $0.name = "" },
        BadCreate("a name of 129 bytes", "name") { $0.name = String(repeating: "n", count: 129) },
        BadCreate("a name of 129 bytes in 65 characters", "name") {
            $0.name = String(repeating: "ä", count: 64) + "n"
        },
        BadCreate("a name with a control character", "name") { $0.name = "a\u{1}b" },
        BadCreate("a name with a C1 control character", "name") { $0.name = "a\u{85}b" },
        BadCreate("no capabilities", "volume_capabilities") { $0.volumeCapabilities = [] },
        BadCreate("a capability without access type", "access_type") {
            $0.volumeCapabilities[0].access = nil
        },
        BadCreate("a capability without access mode", "access_mode") {
            $0.volumeCapabilities[0].mode = .unknown
        },
        BadCreate("MULTI_NODE_MULTI_WRITER", "access_mode") {
            $0.volumeCapabilities[0].mode = .multiNodeMultiWriter
        },
        BadCreate("MULTI_NODE_SINGLE_WRITER", "access_mode") {
            $0.volumeCapabilities[0].mode = .multiNodeSingleWriter
        },
        BadCreate("a mode of the future", "access_mode") {
            $0.volumeCapabilities[0].mode = .unrecognized(42)
        },
        BadCreate("one bad capability of two", "volume_capabilities[1]") {
            $0.volumeCapabilities.append(CSI.VolumeCapability(access: nil, mode: .singleNodeWriter))
        },
        BadCreate("block and mount at once", "volume_capabilities") {
            $0.volumeCapabilities.append(Kind.block.capability())
        },
        BadCreate("two file systems at once", "volume_capabilities") {
            $0.volumeCapabilities.append(Kind.xfs.capability())
        },
        BadCreate("an unknown file system", "fs_type") {
            $0.volumeCapabilities[0].access = .mount(fsType: "ntfs")
        },
        BadCreate("a file system with a path in it", "fs_type") {
            $0.volumeCapabilities[0].access = .mount(fsType: "../../bin/sh")
        },
        BadCreate("a volume mount group", "volume_mount_group") {
            $0.volumeCapabilities[0].access = .mount(group: "1000")
        },
        BadCreate("a negative size", "required_bytes") {
            $0.capacityRange = CSI.CapacityRange(requiredBytes: -1)
        },
        BadCreate("the most negative size", "required_bytes") {
            $0.capacityRange = CSI.CapacityRange(requiredBytes: .min, limitBytes: .min)
        },
        BadCreate("a negative limit", "limit_bytes") {
            $0.capacityRange = CSI.CapacityRange(requiredBytes: 1 << 26, limitBytes: -1)
        },
        BadCreate("an inverted range", "capacity_range") {
            $0.capacityRange = CSI.CapacityRange(requiredBytes: 1 << 30, limitBytes: 1 << 26)
        },
        BadCreate("a range that says nothing", "capacity_range") { $0.capacityRange = CSI.CapacityRange() },
        BadCreate("an unknown parameter", "parameters") { $0.parameters = ["no-such": "x"] },
        BadCreate("a parameter in the wrong case", "parameters") { $0.parameters = ["Provisioning": "thin"] },
        BadCreate("an unknown provisioning", "provisioning") { $0.parameters = ["provisioning": "fat"] },
        BadCreate("a pool name with a path in it", "pool") { $0.parameters = ["pool": "../x"] },
        BadCreate("parameters of more than 4 KiB", "parameters") {
            $0.parameters = ["mkfsOptions": String(repeating: "x", count: 4096)]
        },
        BadCreate("an mkfs option that is not allowed", "mkfsOptions") {
            $0.parameters = ["mkfsOptions": "-d /etc"]
        },
        BadCreate("an mkfs option of another file system", "mkfsOptions") {
            $0.parameters = ["mkfsOptions": "-m reflink=0"]
        },
        BadCreate("an mkfs option without its value", "mkfsOptions") {
            $0.parameters = ["mkfsOptions": "-L"]
        },
        BadCreate("an mkfs option with a shell in it", "mkfsOptions") {
            $0.parameters = ["mkfsOptions": "-L x; reboot"]
        },
        BadCreate("mutable parameters", "mutable_parameters") { $0.mutableParameters = ["XXX_FakeKey": "x"] },
        BadCreate("a snapshot without a name as source", "volume_content_source") {
            $0.contentSource = .snapshot(id: "")
        },
        BadCreate("a volume without a name as source", "volume_content_source") {
            $0.contentSource = .volume(id: "")
        },
        BadCreate("a source that names nothing", "volume_content_source") { $0.contentSource = .unspecified },
    ]

    @Test("CreateVolume refuses", arguments: creates)
    func create(bad: BadCreate) throws {
        try Rig.run { rig in
            var request = Kind.ext4.create("pvc-1")
            bad.spoil(&request)
            try rig.client.refuses(request, .invalidArgument, naming: bad.names)
            #expect(try rig.files() == [])
            #expect(try rig.client.call(CSI.ListVolumesRequest()).entries == [])
        }
    }

    @Test("A volume_id that is missing or longer than 128 bytes is refused by every call")
    func volumeID() throws {
        try Rig.run { rig in
            let path = "\(rig.path)/place"
            let capability = Kind.ext4.capability()
            for id in ["", String(repeating: "x", count: 129)] {
                func refused(_ request: some CSIRequest) throws {
                    try rig.client.refuses(request, .invalidArgument, naming: "volume_id")
                }
                try refused(CSI.DeleteVolumeRequest(volumeID: id))
                try refused(
                    CSI.ValidateVolumeCapabilitiesRequest(volumeID: id, volumeCapabilities: [capability]))
                try refused(CSI.ControllerGetVolumeRequest(volumeID: id))
                try refused(
                    CSI.ControllerExpandVolumeRequest(
                        volumeID: id, capacityRange: CSI.CapacityRange(requiredBytes: 1)))
                try refused(
                    CSI.NodeStageVolumeRequest(
                        volumeID: id, stagingTargetPath: path, volumeCapability: capability))
                try refused(CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: path))
                try refused(
                    CSI.NodePublishVolumeRequest(
                        volumeID: id, stagingTargetPath: path, targetPath: path, volumeCapability: capability)
                )
                try refused(CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: path))
                try refused(CSI.NodeGetVolumeStatsRequest(volumeID: id, volumePath: path))
                try refused(CSI.NodeExpandVolumeRequest(volumeID: id, volumePath: path))
            }
            #expect(try !Host.exists(path))
        }
    }

    @Test("A capability that is missing or unfit is refused at stage and publish, with nothing left")
    func nodeCapabilities() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            try Host.makeFolder(life.staging)
            let bad: [(CSI.VolumeCapability?, String)] = [
                (nil, "volume_capability"),
                (CSI.VolumeCapability(), "access_type"),
                (CSI.VolumeCapability(access: nil, mode: .singleNodeWriter), "access_type"),
                (CSI.VolumeCapability(access: .mount(), mode: .unknown), "access_mode"),
                (CSI.VolumeCapability(access: .mount(), mode: .multiNodeMultiWriter), "access_mode"),
                (CSI.VolumeCapability(access: .mount(fsType: "zfs"), mode: .singleNodeWriter), "fs_type"),
                (
                    CSI.VolumeCapability(
                        access: .mount(flags: [String(repeating: "x", count: 4097)]), mode: .singleNodeWriter),
                    "mount_flags"
                ),
            ]
            for (capability, field) in bad {
                var stage = life.stageRequest()
                stage.volumeCapability = capability
                try rig.client.refuses(stage, .invalidArgument, naming: field)
                var publish = life.publishRequest()
                publish.volumeCapability = capability
                try rig.client.refuses(publish, .invalidArgument, naming: field)
            }
            #expect(try life.devices() == [])
            #expect(try !Host.exists(life.target))
            #expect(try Host.names(in: life.folder) == ["image", "volume.json"])
            try life.end()
        }
    }

    @Test(
        "Garbage bytes as a message are INVALID_ARGUMENT and nothing else happens",
        arguments: [
            [0xff, 0xff, 0xff, 0xff], [0x0a, 0x7f, 0x61], [0x0a, 0x02, 0xc3, 0x28],
            [0x0a, 0x03, 0x61, 0x00, 0x62],
            [0x1a], [0x0b, 0x0b, 0x0b], Array(repeating: 0x1a, count: 999),
        ] as [[UInt8]])
    func garbage(bytes: [UInt8]) throws {
        try Rig.run { rig in
            let requests = [
                CSI.CreateVolumeRequest.path, CSI.DeleteVolumeRequest.path, CSI.NodeStageVolumeRequest.path,
                CSI.NodePublishVolumeRequest.path, CSI.NodeUnstageVolumeRequest.path,
                CSI.NodeUnpublishVolumeRequest.path, CSI.ControllerExpandVolumeRequest.path,
            ]
            for path in requests {
                let status = #expect(throws: CSIStatus.self) { try rig.client.raw(path, bytes) }
                #expect(status?.code == .invalidArgument, "\(path): \(String(describing: status))")
            }
            #expect(try rig.files() == [])
            _ = try rig.client.call(CSI.ProbeRequest())
        }
    }
}
