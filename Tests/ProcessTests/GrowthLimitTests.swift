import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Growth that a file system cannot bear", .requiresRoot)
struct GrowthLimitTests {
    private static let thin = ["provisioning": "thin"]

    private func expansion(_ life: Life, _ bytes: Int64) -> CSI.ControllerExpandVolumeRequest {
        CSI.ControllerExpandVolumeRequest(
            volumeID: life.id, capacityRange: CSI.CapacityRange(requiredBytes: bytes))
    }

    @Test("An ext4 of 16 MiB grows over a thousandfold, at once or in steps, and keeps its files")
    func small() throws {
        try Rig.run(.init(poolWords: ",overcommit=100")) { rig in
            let life = try Life(rig, .ext4, bytes: 16 << 20, parameters: Self.thin)
            try life.stage()
            try life.publish()
            try life.fill(mebibytes: 2)
            let digest = try life.digest()
            for size: Int64 in [20 << 30, 100 << 30, 1 << 40] {
                try life.unpublish()
                try life.unstage()
                _ = try rig.client.call(expansion(life, size))
                try life.stage()
                try life.publish()
                #expect(try life.stats().usage[0].total > size / 10 * 9)
                #expect(try life.digest() == digest)
            }
            try rig.client.refuses(
                expansion(life, (1 << 40) + 4096), .outOfRange, naming: "\(1 << 40 as Int64)", "new volume")
            try life.unpublish()
            try life.unstage()
            try life.checkFilesystem()
            try life.delete()
        }
    }

    @Test(
        "An ext4 that an earlier version made grows as far as it can, and is refused beyond; so are its copies"
    )
    func earlier() throws {
        try Rig.run { rig in
            let life = try Life(rig, .ext4, bytes: 16 << 20, parameters: Self.thin)
            let features = "metadata_csum,metadata_csum_seed"
            try Host.run("mkfs.ext4", "-q", "-F", "-b", "4096", "-O", features, life.image)
            let largest: Int64 = 16 << 30
            try rig.client.refuses(
                expansion(life, 20 << 30), .outOfRange, naming: "\(largest)", "copy the files")
            let clone = Kind.ext4.create(
                "clone", bytes: 20 << 30, parameters: Self.thin, from: .volume(id: life.id))
            try rig.client.refuses(clone, .outOfRange, naming: "\(largest)")
            let snapshot = try life.cut()
            let restored = Kind.ext4.create(
                "restored", bytes: largest + 4096, parameters: Self.thin, from: snapshot.asSource)
            try rig.client.refuses(restored, .outOfRange, naming: "\(largest)")
            #expect(try Host.names(in: "\(rig.pool)/volumes") == [life.name])
            try rig.deleteSnapshot(snapshot)
            #expect(try rig.client.call(expansion(life, largest)).capacityBytes == largest)
            try life.stage()
            try life.publish()
            #expect(try life.stats().usage[0].total > largest / 10 * 9)
            try life.unpublish()
            try life.unstage()
            try life.checkFilesystem()
            try life.delete()
        }
    }

    @Test("A volume that was grown too far already is mounted at the largest size, and its condition says so")
    func already() throws {
        try Rig.run { rig in
            let life = try Life(rig, .ext4, bytes: 16 << 20, parameters: Self.thin)
            try Host.run("mkfs.ext4", "-q", "-F", "-b", "4096", life.image)
            try rig.driver.kill9()
            try Host.run("truncate", "--size", "40G", life.image)
            try rig.start()
            for _ in 1...2 {
                try life.stage()
                try life.publish()
                let stats = try life.stats()
                #expect(stats.usage[0].total > 14 << 30 && stats.usage[0].total <= 16 << 30)
                #expect(stats.volumeCondition?.abnormal == true)
                #expect(stats.volumeCondition?.message.contains("\(16 << 30 as Int64)") == true)
                try life.unpublish()
                try life.unstage()
            }
            try life.checkFilesystem()
            try life.delete()
        }
    }

    @Test("An XFS is refused a size that needs too many groups, also as a clone of a clone")
    func groups() throws {
        try Rig.run(.init(filesystem: .xfs, poolWords: ",overcommit=100")) { rig in
            let life = try Life(rig, .xfs, bytes: 300 << 20, parameters: Self.thin)
            let largest: Int64 = (75 << 20) << 11
            try rig.client.refuses(expansion(life, 4 << 40), .outOfRange, naming: "\(largest)")
            let clone = try Life(
                rig, .xfs, name: "clone", bytes: 300 << 20, parameters: Self.thin, from: life.asSource)
            try rig.client.refuses(
                Kind.xfs.create("again", bytes: 1 << 40, parameters: Self.thin, from: clone.asSource),
                .outOfRange, naming: "\(largest)")
            #expect(try Host.names(in: "\(rig.pool)/volumes") == ["clone", life.name].sorted())
            let size: Int64 = 10 << 30
            _ = try rig.client.call(expansion(clone, size))
            try clone.stage()
            try clone.publish()
            #expect(try clone.stats().usage[0].total > size / 10 * 9)
            #expect(try clone.stats().volumeCondition?.abnormal == false)
            try clone.end()
            try life.delete()
        }
    }
}
