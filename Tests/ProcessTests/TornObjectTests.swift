import LinuxHost
import TestSupport
import Testing

@testable import CSIWire

@Suite("One torn object", .requiresRoot)
struct TornObjectTests {
    @Test(
        "It is set aside, named, counted, and everything else is served, also by the next start",
        arguments: [
            "head -c 5 volume.json > x; cat x > volume.json; rm x", "rm volume.json; mkfifo volume.json",
            "sed -i 's/\"sizeBytes\" : .*,/\"sizeBytes\" : 9223372036854775807,/' volume.json",
        ])
    func tornVolume(damage: String) throws {
        try Rig.run(.init(filesystem: .xfs, flags: Operator.flags)) { rig in
            let torn = try Life(rig, .block, name: "torn")
            let other = try Life.published(rig, name: "other")
            let record = try Host.read("\(rig.pool)/volumes/torn/volume.json")
            try TestTool.run("sh", ["-ec", "cd \(rig.pool)/volumes/torn; \(damage)"])
            let before = try blocks(rig)
            for _ in 0..<2 {
                #expect(try volumes(rig) == [other.id])
                try rig.client.refuses(torn.deleteRequest, .failedPrecondition)
                try rig.client.refuses(Kind.block.create("torn"), .failedPrecondition)
                try rig.client.refuses(torn.stageRequest(), .failedPrecondition)
                #expect(try rig.client.call(CSI.GetCapacityRequest()).availableCapacity > 0)
                let more = try Life(rig, .block, name: "more")
                try more.delete()
                #expect(try blocks(rig) == before)
                let check = try rig.view(["pool", "check"])
                #expect(check.code == 1 && check.output.contains("volume torn"), "\(check)")
                #expect(check.output.contains("serves the rest"), "\(check)")
                let pool = try #require(try rig.seen("pool", "list")["pools"].elements.first)
                #expect(pool["torn"] == .number("1"))
                _ = try Operator(rig).scrape { try $0.value("loopcsi_pool_torn_objects") == 1 }
                try rig.restartAfterKill()
            }
            try TestTool.run("rm", ["-rf", "\(rig.pool)/volumes/torn/volume.json"])
            try Host.write(record, to: "\(rig.pool)/volumes/torn/volume.json")
            #expect(try Set(volumes(rig)) == [torn.id, other.id])
            _ = try Operator(rig).scrape { try $0.value("loopcsi_pool_torn_objects") == 0 }
            #expect(rig.log.split(separator: "\n").contains { $0.contains("no longer set aside") })
            try torn.stage()
            try torn.end()
            try other.end()
        }
    }

    @Test("A volume or a snapshot whose image is missing is told of as set aside by all that needs the image")
    func lostImage() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let volume = try Life(rig, .block)
            let snapshot = try volume.cut()
            try TestTool.run("rm", ["\(rig.pool)/volumes/vol/image", "\(rig.pool)/snapshots/snap/image"])
            let expand = CSI.ControllerExpandVolumeRequest(
                volumeID: volume.id, capacityRange: CSI.CapacityRange(requiredBytes: 128 << 20))
            try rig.client.refuses(Kind.block.create("vol"), .failedPrecondition, naming: "image is missing")
            try rig.client.refuses(expand, .failedPrecondition, naming: "image is missing")
            try rig.client.refuses(volume.cutRequest("more"), .failedPrecondition, naming: "image is missing")
            try rig.client.refuses(volume.stageRequest(), .failedPrecondition, naming: "image is missing")
            try rig.client.refuses(
                Kind.block.create("clone", from: volume.asSource), .failedPrecondition,
                naming: "image is missing")
            try rig.client.refuses(
                Kind.block.create("restored", from: .snapshot(id: snapshot.snapshotID)), .failedPrecondition,
                naming: "image is missing")
            try rig.deleteSnapshot(snapshot)
            try volume.delete()
        }
    }

    private func volumes(_ rig: Rig) throws -> [String] {
        try rig.client.call(CSI.ListVolumesRequest()).entries.compactMap { $0.volume?.volumeID }
    }

    private func blocks(_ rig: Rig) throws -> Int64? {
        try Directory.open("\(rig.pool)/volumes/torn").status("image")?.allocatedBytes
    }
}
