import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Contract: ListVolumes, GetCapacity, ControllerExpandVolume", .requiresRoot)
struct ListAndCapacityTests {
    @Test("The list grows by one with each volume and shrinks with each deletion")
    func count() throws {
        try Rig.run { rig in
            func listed() throws -> [String] {
                try rig.client.call(CSI.ListVolumesRequest()).entries.map { try #require($0.volume).volumeID }
            }
            #expect(try listed() == [])
            let life = try Life(rig, name: "sanity")
            #expect(try listed() == [life.id])
            try life.delete()
            #expect(try listed() == [])
        }
    }

    @Test("Pages go on by key, so volumes that vanish or appear between them do no harm")
    func pages() throws {
        try Rig.run { rig in
            let lives = try (1...5).map { try Life(rig, .block, name: "v\($0)", bytes: 1 << 20) }
            let first = try rig.client.call(CSI.ListVolumesRequest(maxEntries: 2))
            #expect(first.entries.map { $0.volume?.volumeID } == [lives[0].id, lives[1].id])
            #expect(!first.nextToken.isEmpty && first.nextToken.utf8.count <= 128)
            try lives[0].delete()
            try lives[1].delete()
            let rest = try rig.client.call(CSI.ListVolumesRequest(startingToken: first.nextToken))
            #expect(rest.entries.map { $0.volume?.volumeID } == lives[2...].map(\.id))
            #expect(rest.nextToken.isEmpty)
            let exact = try rig.client.call(CSI.ListVolumesRequest(maxEntries: 3))
            #expect(exact.entries.count == 3 && exact.nextToken.isEmpty)
            for life in lives { try life.delete() }
        }
    }

    @Test("A token that is not ours is ABORTED, a negative number of entries INVALID_ARGUMENT")
    func badToken() throws {
        try Rig.run { rig in
            try rig.client.refuses(CSI.ListVolumesRequest(startingToken: "invalid-token"), .aborted)
            try rig.client.refuses(
                CSI.ListVolumesRequest(maxEntries: -1), .invalidArgument, naming: "max_entries")
        }
    }

    @Test("GetCapacity is what can be created, and goes down and up with volumes")
    func capacity() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            func available() throws -> Int64 {
                try rig.client.call(CSI.GetCapacityRequest()).availableCapacity
            }
            let before = try available()
            #expect(before > 256 << 20)
            let life = try Life(rig)
            #expect(try available() <= before - life.kind.bytes)
            try life.delete()
            // XFS keeps the blocks of a chunk of inodes that it made for the volume's folder (64 of them, 32 KiB).
            try waitUntil("the blocks are back") { try available() >= before - 128 << 10 }
            let most = before - 1 << 20
            let full = try Life(rig, .block, name: "full", bytes: most)
            #expect(try available() <= 1 << 20)
            try rig.client.refuses(Kind.block.create("more"), .resourceExhausted)
            try full.delete()
            // The blocks of a deleted volume need not be back yet: the next creation waits for them.
            try Life(rig, .block, name: "next", bytes: most).delete()
        }
    }

    @Test("What nobody could create has a capacity of none instead of an error")
    func noCapacity() throws {
        try Rig.run { rig in
            let unsupported = CSI.GetCapacityRequest(
                volumeCapabilities: [Kind.ext4.capability(.multiNodeMultiWriter)])
            #expect(try rig.client.call(unsupported).availableCapacity == 0)
            let elsewhere = CSI.GetCapacityRequest(
                accessibleTopology: CSI.Topology(segments: [
                    "topology.loop.csi.local/pool.default": "elsewhere"
                ]))
            #expect(try rig.client.call(elsewhere).availableCapacity == 0)
            // A StorageClass comes unstripped from the external-provisioner.
            let unstripped = CSI.GetCapacityRequest(parameters: [
                "csi.storage.k8s.io/fstype": "xfs", "csi.storage.k8s.io/node-stage-secret-name": "x",
            ])
            let answer = try rig.client.call(unstripped)
            #expect(answer.availableCapacity > 0)
            #expect(answer.minimumVolumeSize == 300 << 20)
            let here = CSI.GetCapacityRequest(
                accessibleTopology: try rig.client.call(CSI.NodeGetInfoRequest()).accessibleTopology)
            #expect(try rig.client.call(here).availableCapacity > 0)
        }
    }

    @Test(
        "Expansion answers with exactly the size asked for, and a smaller one changes nothing",
        arguments: Kind.allCases)
    func expand(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            func expand(_ required: Int64, _ limit: Int64 = 0) -> CSI.ControllerExpandVolumeRequest {
                CSI.ControllerExpandVolumeRequest(
                    volumeID: life.id,
                    capacityRange: CSI.CapacityRange(requiredBytes: required, limitBytes: limit))
            }
            let answer = try rig.client.call(expand(kind.bytes * 2))
            #expect(answer.capacityBytes == kind.bytes * 2)
            #expect(answer.nodeExpansionRequired)
            #expect(try rig.client.call(expand(kind.bytes * 2)).capacityBytes == kind.bytes * 2)
            #expect(try rig.client.call(expand(kind.bytes)).capacityBytes == kind.bytes * 2)
            try rig.client.refuses(expand(kind.bytes, kind.bytes), .outOfRange)
            try rig.client.refuses(expand(1 << 60), .outOfRange)
            var unfit = expand(kind.bytes * 3)
            unfit.volumeCapability = (kind == .block ? Kind.ext4 : .block).capability()
            try rig.client.refuses(unfit, .invalidArgument, naming: "volume_capability")
            // The creating request still means this volume.
            #expect(try Life(rig, kind).id == life.id)
            try life.delete()
            try rig.client.refuses(expand(kind.bytes * 2), .notFound)
        }
    }

    @Test("Expansion beyond the pool is OUT_OF_RANGE and leaves volume and capacity as they were")
    func expandTooFar() throws {
        try Rig.run(.init(filesystem: .ext4)) { rig in
            let life = try Life(rig)
            let before = try rig.client.call(CSI.GetCapacityRequest()).availableCapacity
            let image = try FileStatus.at(life.image)
            try rig.client.refuses(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: life.id, capacityRange: CSI.CapacityRange(requiredBytes: 8 << 30)), .outOfRange)
            #expect(try FileStatus.at(life.image)?.sizeBytes == image?.sizeBytes)
            #expect(try rig.client.call(CSI.GetCapacityRequest()).availableCapacity == before)
            try life.delete()
        }
    }
}
