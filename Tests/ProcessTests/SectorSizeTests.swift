import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Sector sizes", .requiresRoot)
struct SectorSizeTests {
    private static let small = ["sectorSize": "512"]

    @Test(
        "A volume has the sectors that its class asks for, and its copies have the same",
        arguments: Kind.allCases)
    func lives(kind: Kind) throws {
        try Rig.run(.init(filesystem: .xfs, poolBytes: 2 << 30)) { rig in
            let life = try Life.published(rig, kind, parameters: Self.small)
            #expect(try Host.queue(life.device(), "logical_block_size") == "512")
            try life.count(to: 7)
            // A repeat finds the volume; without the word it means another one.
            _ = try rig.client.call(kind.create("vol", parameters: Self.small))
            for other in [[:], ["sectorSize": "4096"]] as [[String: String]] {
                try rig.client.refuses(kind.create("vol", parameters: other), .alreadyExists, naming: "512")
            }
            let snapshot = try life.cut()
            for (name, source) in [("clone", life.asSource), ("restored", snapshot.asSource)] {
                let wrong = kind.create(name, parameters: ["sectorSize": "4096"], from: source)
                try rig.client.refuses(wrong, .invalidArgument, naming: "sectorSize", "512")
                let copy = try Life.published(rig, kind, name: name, from: source)
                _ = try rig.client.call(kind.create(name, parameters: Self.small, from: source))
                #expect(try Host.queue(copy.device(), "logical_block_size") == "512")
                #expect(try copy.counter() == 7)
                try copy.end()
            }
            try rig.restartAfterKill()
            _ = try rig.client.call(life.publishRequest())
            try rig.deleteSnapshot(snapshot)
            try life.end()
        }
    }

    @Test("A disk of 512-byte sectors takes direct writes of a single one")
    func disk() throws {
        try Rig.run { rig in
            let life = try Life.published(rig, .block, parameters: Self.small)
            try Host.run(
                "dd", "if=/dev/zero", "of=\(life.target)", "bs=512", "count=1", "seek=3", "oflag=direct",
                "conv=notrunc", "status=none")
            try life.end()
            let usual = try Life.published(rig, .block, name: "usual")
            #expect(try Host.queue(usual.device(), "logical_block_size") == "4096")
            try usual.end()
        }
    }

    @Test("Other calls know the word: capacity, validation; other values, and inline volumes, do not")
    func calls() throws {
        try Rig.run { rig in
            for value in ["", "1024", "0512", "4k", "-512"] {
                try rig.client.refuses(
                    Kind.block.create("vol", parameters: ["sectorSize": value]), .invalidArgument,
                    naming: "sectorSize", "512 or 4096")
            }
            let asked = CSI.GetCapacityRequest(parameters: Self.small)
            #expect(try rig.client.call(asked).availableCapacity > 0)
            let life = try Life(rig, .block, parameters: Self.small)
            func isConfirmed(_ parameters: [String: String]) throws -> Bool {
                try rig.client.call(
                    CSI.ValidateVolumeCapabilitiesRequest(
                        volumeID: life.id, volumeCapabilities: [Kind.block.capability()],
                        parameters: parameters)
                ).confirmed != nil
            }
            #expect(try isConfirmed(Self.small))
            #expect(try isConfirmed([:]))
            #expect(try !isConfirmed(["sectorSize": "4096"]))
            // Programs that do not know the word read the record.
            #expect(try !Host.read("\(life.folder)/volume.json").contains("sectorSize"))
            try life.delete()
        }
    }

    @Test("A pool whose disk has larger sectors serves 512 bytes all the same", arguments: Kind.allCases)
    func largerBelow(kind: Kind) throws {
        try Rig.run(.init(filesystem: .ext4, poolBytes: 2 << 30)) { rig in
            let below = try #require(rig.poolFilesystem)
            #expect(try Host.queue(below.device, "logical_block_size") == "4096")
            let life = try Life.published(rig, kind, parameters: Self.small)
            try life.count(to: 3)
            try life.unpublish()
            try life.unstage()
            try life.stage()
            try life.publish()
            #expect(try life.counter() == 3)
            try life.end()
        }
    }
}
