import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Contract: volumes of the Controller service", .requiresRoot)
struct ControllerContractTests {
    @Test(
        "CreateVolume answers with handle, exact size and place, and the same again", arguments: Kind.allCases
    )
    func create(kind: Kind) throws {
        try Rig.run { rig in
            let request = kind.create("pvc-1")
            let first = try #require(try rig.client.call(request).volume)
            #expect(!first.volumeID.isEmpty && first.volumeID.utf8.count <= 128)
            #expect(first.capacityBytes == kind.bytes)
            #expect(first.contentSource == nil)
            let node = try rig.client.call(CSI.NodeGetInfoRequest()).accessibleTopology
            #expect(first.accessibleTopology == [try #require(node)])
            #expect(try rig.client.call(request).volume == first)
            #expect(try rig.files() == ["volumes/pvc-1"])
            _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: first.volumeID))
        }
    }

    @Test("A size of required = limit is met exactly, and another one under the same name is refused")
    func exactSize() throws {
        try Rig.run { rig in
            var request = Kind.ext4.create("pvc-1")
            request.capacityRange = CSI.CapacityRange(requiredBytes: 64 << 20, limitBytes: 64 << 20)
            let volume = try #require(try rig.client.call(request).volume)
            #expect(volume.capacityBytes == 64 << 20)
            // Wins over being out of range or space.
            request.capacityRange = CSI.CapacityRange(requiredBytes: 1 << 60, limitBytes: 1 << 60)
            try rig.client.refuses(request, .alreadyExists)
            request.capacityRange = CSI.CapacityRange(requiredBytes: 32 << 20, limitBytes: 32 << 20)
            try rig.client.refuses(request, .alreadyExists)
            request.capacityRange = CSI.CapacityRange(requiredBytes: 32 << 20)
            #expect(try rig.client.call(request).volume == volume)
            _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: volume.volumeID))
        }
    }

    @Test("The same name with other capabilities, parameters or place is ALREADY_EXISTS")
    func different() throws {
        try Rig.run { rig in
            let life = try Life(rig, parameters: ["provisioning": "thin"])
            let wanted = Kind.ext4.create("vol", parameters: ["provisioning": "thin"])
            var request = wanted
            request.parameters = ["provisioning": "thick"]
            try rig.client.refuses(request, .alreadyExists)
            request.parameters = [:]
            try rig.client.refuses(request, .alreadyExists)
            for kind in [Kind.xfs, .btrfs, .block] {
                request = wanted
                request.volumeCapabilities = [kind.capability()]
                try rig.client.refuses(request, .alreadyExists)
            }
            request = wanted
            request.accessibilityRequirements = CSI.TopologyRequirement(
                requisite: [
                    CSI.Topology(segments: ["topology.loop.csi.local/pool.default": "0123456789abcdef"])
                ])
            try rig.client.refuses(request, .alreadyExists)
            // Sidecars add keys of their own, which differ from call to call.
            request = wanted
            request.parameters["csi.storage.k8s.io/pvc/name"] = "claim"
            #expect(try rig.client.call(request).volume?.volumeID == life.id)
            try life.delete()
        }
    }

    @Test("A topology that is not served here is RESOURCE_EXHAUSTED and leaves nothing")
    func foreignTopology() throws {
        try Rig.run { rig in
            var request = Kind.ext4.create("pvc-1")
            request.accessibilityRequirements = CSI.TopologyRequirement(
                requisite: [
                    CSI.Topology(segments: ["topology.loop.csi.local/pool.default": "0123456789abcdef"])
                ])
            try rig.client.refuses(request, .resourceExhausted)
            #expect(try rig.files() == [])
        }
    }

    @Test("Names of any legal kind work, and each is a volume of its own")
    func names() throws {
        let names = [
            String(repeating: "n", count: 128), String(repeating: "ä", count: 64), "a/b", "../../etc/passwd",
            ".",
            "..", "tab\tline\nend\r", "🙂🙂", "UPPER", "upper", "sha256-x", " ", "a b", "-rf",
        ]
        try Rig.run { rig in
            let ids = try names.map { name in
                try #require(try rig.client.call(Kind.block.create(name, bytes: 1 << 20)).volume).volumeID
            }
            #expect(Set(ids).count == names.count)
            for (name, id) in zip(names, ids) {
                #expect(id.wholeMatch(of: /[A-Za-z0-9._\-]{1,128}/) != nil)
                #expect(try rig.client.call(Kind.block.create(name, bytes: 1 << 20)).volume?.volumeID == id)
            }
            for id in ids { _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: id)) }
        }
    }

    @Test("Sizes are rounded up to what the kind needs, within the limit")
    func rounding() throws {
        try Rig.run { rig in
            func size(_ kind: Kind, _ required: Int64, _ limit: Int64 = 0) throws -> Int64 {
                var request = kind.create("pvc-\(kind)-\(required)-\(limit)")
                request.capacityRange = CSI.CapacityRange(requiredBytes: required, limitBytes: limit)
                let volume = try #require(try rig.client.call(request).volume)
                _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: volume.volumeID))
                return volume.capacityBytes
            }
            #expect(try size(.xfs, 1) == 300 << 20)
            #expect(try size(.ext4, (64 << 20) + 1) == (64 << 20) + 4096)
            #expect(try size(.block, 0, (8 << 20) + 1) == 8 << 20)
            var request = Kind.xfs.create("pvc-1")
            request.capacityRange = CSI.CapacityRange(requiredBytes: 1, limitBytes: 64 << 20)
            try rig.client.refuses(request, .outOfRange, naming: "limit_bytes")
            request.capacityRange = CSI.CapacityRange(requiredBytes: 1 << 60)
            try rig.client.refuses(request, .outOfRange)
            request.capacityRange = CSI.CapacityRange(requiredBytes: .max, limitBytes: .max)
            try rig.client.refuses(request, .outOfRange)
        }
    }

    @Test("DeleteVolume of what never was, or is gone, succeeds")
    func deleteUnknown() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            let pool = life.id.prefix(16)
            for id in [
                "unknown", "\(pool).unknown", "\(pool).../../x", "/", String(repeating: "x", count: 128),
            ] {
                _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: id))
            }
            try life.delete()
            try life.delete()
        }
    }

    @Test(
        "ValidateVolumeCapabilities confirms what the volume serves and says why it does not",
        arguments: Kind.allCases)
    func validate(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            func validate(_ capability: CSI.VolumeCapability) throws -> CSI.ValidateVolumeCapabilitiesResponse
            {
                try rig.client.call(
                    CSI.ValidateVolumeCapabilitiesRequest(volumeID: life.id, volumeCapabilities: [capability])
                )
            }
            #expect(try validate(kind.capability()).confirmed?.volumeCapabilities == [kind.capability()])
            let other = kind == .ext4 ? Kind.block : .ext4
            let refused = try [
                validate(other.capability()), validate(kind.capability(.multiNodeMultiWriter)),
                validate(kind.capability(.unrecognized(77))),
            ]
            for answer in refused {
                #expect(answer.confirmed == nil)
                #expect(!answer.message.isEmpty)
            }
            try rig.client.refuses(
                CSI.ValidateVolumeCapabilitiesRequest(volumeID: life.id), .invalidArgument,
                naming: "volume_capabilities")
            try rig.client.refuses(
                CSI.ValidateVolumeCapabilitiesRequest(
                    volumeID: "none", volumeCapabilities: [kind.capability()]),
                .notFound)
            try life.delete()
        }
    }

    @Test("ControllerGetVolume tells size and health, NOT_FOUND for no such volume")
    func getVolume() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            let answer = try rig.client.call(CSI.ControllerGetVolumeRequest(volumeID: life.id))
            #expect(answer.volume?.volumeID == life.id)
            #expect(answer.volume?.capacityBytes == life.kind.bytes)
            let condition = try #require(answer.status?.volumeCondition)
            #expect(!condition.abnormal && !condition.message.isEmpty)
            try rig.client.refuses(CSI.ControllerGetVolumeRequest(volumeID: "none"), .notFound)
            try life.delete()
            try rig.client.refuses(CSI.ControllerGetVolumeRequest(volumeID: life.id), .notFound)
        }
    }
}
