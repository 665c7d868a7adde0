import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("A full pool", .requiresRoot)
struct PoolFullTests {
    static let filesystems: [TestPool.Filesystem] = [.xfs, .ext4, .btrfs]

    @Test("A volume that does not fit is RESOURCE_EXHAUSTED, without a trace", arguments: filesystems)
    func tooLarge(filesystem: TestPool.Filesystem) throws {
        try Rig.run(.init(filesystem: filesystem)) { rig in
            let before = try rig.client.call(CSI.GetCapacityRequest())
            #expect(before.maximumVolumeSize == before.availableCapacity)
            for parameters in [[:], ["provisioning": "thin"]] {
                for kind in Kind.allCases {
                    let request = kind.create("big", bytes: 4 << 30, parameters: parameters)
                    try rig.client.refuses(request, .resourceExhausted)
                }
            }
            #expect(try rig.files() == [])
            // More is fine: XFS gives blocks of files that were removed before (the probes of the start) back late.
            let after = try rig.client.call(CSI.GetCapacityRequest())
            #expect(after.availableCapacity >= before.availableCapacity)
        }
    }

    /// Leaves about so much room on the pool's file system by a file of somebody else.
    private func fill(_ rig: Rig, leaving bytes: Int64) throws {
        let root = try #require(rig.poolFilesystem).path
        let file = try Directory.open(root).createFile("ballast", mode: 0o600)
        var offset: Int64 = 0
        var step: Int64 = 64 << 20
        while step >= 4096 {
            let wanted = min(step, try FilesystemSpace.at(root).availableBytes - bytes) & ~4095
            guard wanted >= 4096 else { return }
            if Self.allocates(file, offset, wanted) {
                offset += wanted
                try file.sync()
            } else {
                // Btrfs promises more than it gives in one piece.
                step /= 2
            }
        }
    }

    private static func allocates(_ file: borrowing OwnedDescriptor, _ offset: Int64, _ bytes: Int64) -> Bool
    {
        do {
            try file.allocate(from: offset, bytes: bytes)
            return true
        } catch { return false }
    }

    @Test(
        "A pool that fills up in the middle of mkfs is RESOURCE_EXHAUSTED, without a trace",
        arguments: [Kind.ext4, .xfs, .btrfs])
    func fullInTheMiddle(kind: Kind) throws {
        try Rig.run(
            .init(
                filesystem: .ext4, poolBytes: 512 << 20, poolWords: ",reserve=0%,overcommit=100,critical=0%")
        ) {
            rig in
            // The promise of a thin volume holds, but its file system needs more blocks than are left.
            try fill(rig, leaving: 6 << 20)
            let before = try rig.client.call(CSI.GetCapacityRequest(parameters: ["provisioning": "thin"]))
            #expect(before.availableCapacity >= kind.bytes)
            var made: [Life] = []
            var refusal: CSIStatus?
            for number in 1...200 where refusal == nil {
                do {
                    made.append(
                        try Life(rig, kind, name: "v\(number)", parameters: ["provisioning": "thin"]))
                } catch let status as CSIStatus { refusal = status }
            }
            let status = try #require(refusal, "\(made.count) volumes fit")
            #expect(status.code == .resourceExhausted, "\(status)")
            #expect(try rig.files() == made.map { "volumes/\($0.name)" }.sorted())
            for life in made { try life.delete() }
            try waitUntil("the blocks are back") {
                try rig.client.call(CSI.GetCapacityRequest(parameters: ["provisioning": "thin"])) == before
            }
            #expect(try rig.files() == [])
        }
    }

    @Test(
        "A pool that others filled behind the ledger's back refuses a thick volume, without a trace",
        arguments: filesystems)
    func filledByOthers(filesystem: TestPool.Filesystem) throws {
        try Rig.run(.init(filesystem: filesystem)) { rig in
            try fill(rig, leaving: 80 << 20)
            try rig.client.refuses(Kind.ext4.create("vol"), .resourceExhausted)
            #expect(try rig.files() == [])
            #expect(try rig.client.call(CSI.GetCapacityRequest()).availableCapacity < 64 << 20)
            _ = try rig.client.call(CSI.ProbeRequest())
        }
    }

    @Test("Two creations at once do not promise the same room twice")
    func race() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let client = rig.client
            let room = try client.call(CSI.GetCapacityRequest()).availableCapacity
            let size = (room - 4 << 20) / 3 & ~4095
            let answers = try together(8) { number -> String in
                do {
                    return try client.call(Kind.block.create("v\(number)", bytes: size)).volume?.volumeID
                        ?? ""
                } catch let status as CSIStatus where status.code == .resourceExhausted {
                    return ""
                }
            }
            let made = answers.filter { !$0.isEmpty }
            #expect(made.count == 3)
            for id in made { _ = try client.call(CSI.DeleteVolumeRequest(volumeID: id)) }
        }
    }

    @Test("Thin volumes count in full unless overcommit says otherwise")
    func overcommit() throws {
        for (words, times) in [("", 1), (",overcommit=2", 2)] as [(String, Int64)] {
            try Rig.run(.init(filesystem: .xfs, poolWords: words)) { rig in
                // XFS may still give back what the driver probed it with.
                try waitUntil("both answers are of one moment and agree") {
                    let thick = try rig.client.call(CSI.GetCapacityRequest()).availableCapacity
                    let request = CSI.GetCapacityRequest(parameters: ["provisioning": "thin"])
                    let thin = try rig.client.call(request).availableCapacity
                    return abs(thin - thick * times) <= 4096 * times
                }
            }
        }
    }
}
