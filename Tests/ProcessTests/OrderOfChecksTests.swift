import CSIWire
import TestSupport
import Testing

@Suite("Contract: the order of checks", .requiresRoot)
struct OrderOfChecksTests {
    @Test("A malformed field wins over a missing volume")
    func malformedBeforeMissing() throws {
        try Rig.run { rig in
            let none = "0123456789abcdef.none"
            let bad = Kind.ext4.capability(.multiNodeMultiWriter)
            let path = "\(rig.path)/x"
            try rig.client.refuses(
                CSI.NodeStageVolumeRequest(volumeID: none, stagingTargetPath: path, volumeCapability: bad),
                .invalidArgument)
            try rig.client.refuses(
                CSI.NodePublishVolumeRequest(
                    volumeID: none, stagingTargetPath: path, targetPath: path, volumeCapability: bad),
                .invalidArgument)
            try rig.client.refuses(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: none, capacityRange: CSI.CapacityRange(requiredBytes: -1)), .invalidArgument)
            try rig.client.refuses(
                CSI.ControllerExpandVolumeRequest(volumeID: none), .invalidArgument, naming: "capacity_range")
            try rig.client.refuses(CSI.ValidateVolumeCapabilitiesRequest(volumeID: none), .invalidArgument)
            try rig.client.refuses(
                CSI.NodeExpandVolumeRequest(volumeID: none), .invalidArgument, naming: "volume_path")
        }
    }

    @Test("A missing volume wins over its not being staged")
    func missingBeforeNotStaged() throws {
        try Rig.run { rig in
            for id in ["0123456789abcdef.none", "unknown"] {
                for staging in ["", "\(rig.path)/staging"] {
                    let publish = CSI.NodePublishVolumeRequest(
                        volumeID: id, stagingTargetPath: staging, targetPath: "\(rig.path)/target",
                        volumeCapability: Kind.ext4.capability())
                    try rig.client.refuses(publish, .notFound)
                }
                let stage = CSI.NodeStageVolumeRequest(
                    volumeID: id, stagingTargetPath: "\(rig.path)/staging",
                    volumeCapability: Kind.ext4.capability())
                try rig.client.refuses(stage, .notFound)
            }
            #expect(try Host.names(in: rig.path) == ["csi.sock", "log", "pool", "state"])
        }
    }

    @Test("An unsupported capability wins over how the volume is staged")
    func unsupportedBeforeStaged() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            var request = life.stageRequest(.singleNodeReaderOnly)
            request.volumeCapability = Kind.xfs.capability(.singleNodeReaderOnly)
            try rig.client.refuses(request, .failedPrecondition)
            try life.end()
        }
    }

    @Test("A target published otherwise wins over the rule of the single writer")
    func differentBeforeSecondTarget() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            try life.stage(.singleNodeSingleWriter)
            try life.publish(.singleNodeSingleWriter)
            try rig.client.refuses(
                life.publishRequest(.singleNodeSingleWriter, readOnly: true), .alreadyExists)
            try rig.client.refuses(
                life.publishRequest(at: "\(rig.path)/other", .singleNodeSingleWriter), .failedPrecondition)
            try life.end()
        }
    }

    @Test("A name that is taken wins over a size and a place that cannot be served")
    func existsBeforeSpace() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            var request = Kind.ext4.create("vol", bytes: 1 << 50)
            try rig.client.refuses(request, .alreadyExists)
            request.accessibilityRequirements = CSI.TopologyRequirement(
                requisite: [CSI.Topology(segments: ["topology.loop.csi.local/pool.default": "f"])])
            try rig.client.refuses(request, .alreadyExists)
            request.parameters = ["no-such": "key"]
            try rig.client.refuses(request, .invalidArgument)
            try life.delete()
            request.parameters = [:]
            // Out of range for every pool wins over the place.
            request.capacityRange = CSI.CapacityRange(requiredBytes: 1 << 60)
            try rig.client.refuses(request, .outOfRange)
        }
    }
}
