import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Capacity is promised to the byte and kept", .requiresRoot)
struct CapacityPromiseTests {
    static let pools: [TestPool.Filesystem] = [.xfs, .ext4, .btrfs]
    static let words = ["", ",reserve=0%", ",reserve=0%,overcommit=1.333"]

    private func available(_ rig: Rig, _ provisioning: String) throws -> Int64 {
        let answer = try rig.client.call(
            CSI.GetCapacityRequest(
                volumeCapabilities: [Kind.block.capability()], parameters: ["provisioning": provisioning]))
        #expect(answer.maximumVolumeSize == answer.availableCapacity)
        #expect(answer.minimumVolumeSize == 1 << 20)
        return answer.availableCapacity
    }

    @Test(
        "What GetCapacity tells can be created, and one block more cannot; the same holds for what growth finds left",
        arguments: pools, words)
    func toTheByte(filesystem: TestPool.Filesystem, words: String) throws {
        try Rig.run(.init(filesystem: filesystem, poolWords: words)) { rig in
            for provisioning in ["thick", "thin"] {
                // Something odd first, so that nothing is aligned by chance.
                let odd = try Life(rig, .block, name: "odd", bytes: 5 << 20 + 12288)
                let parameters = ["provisioning": provisioning]
                try rig.settle()
                let left = try available(rig, provisioning)
                #expect(left > 128 << 20)
                let tooMuch = Kind.block.create("all", bytes: left + 4096, parameters: parameters)
                try rig.client.refuses(tooMuch, .resourceExhausted)
                let all = try Life(rig, .block, name: "all", bytes: left, parameters: parameters)
                #expect(try available(rig, provisioning) == 0)
                try all.delete()
                try waitUntil("the blocks are back") { try available(rig, provisioning) >= left - 128 << 10 }
                let part = try Life(rig, .block, name: "part", bytes: 16 << 20, parameters: parameters)
                try rig.settle()
                // What is left for growth is what is left for a creation, on top of what is there.
                let rest = try available(rig, provisioning)
                func grow(_ bytes: Int64) -> CSI.ControllerExpandVolumeRequest {
                    CSI.ControllerExpandVolumeRequest(
                        volumeID: part.id, capacityRange: CSI.CapacityRange(requiredBytes: bytes))
                }
                try rig.client.refuses(grow(16 << 20 + rest + 4096), .outOfRange)
                #expect(try rig.client.call(grow(16 << 20 + rest)).capacityBytes == 16 << 20 + rest)
                try part.delete()
                try odd.delete()
            }
        }
    }

    @Test("A snapshot that needs exactly what is left succeeds, one that needs a block more is refused")
    func snapshotToTheByte() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let source = try Life(rig, .block, name: "source", bytes: 200 << 20)
            let left = try available(rig, "thick")
            // The folders of what is made now cost a little as well.
            let ballast = try Life(rig, .block, name: "ballast", bytes: (left - 200 << 20) & ~4095)
            let off = try available(rig, "thick") - 200 << 20
            #expect(abs(off) < 1 << 20)
            if off < 0 {
                try rig.client.refuses(source.cutRequest(), .resourceExhausted)
                try ballast.delete()
                try waitUntil("the blocks are back") { try available(rig, "thick") >= 200 << 20 }
            }
            let snapshot = try source.cut()
            #expect(try available(rig, "thick") <= 1 << 20 + max(0, off) + (off < 0 ? left : 0))
            try rig.deleteSnapshot(snapshot)
            try ballast.delete()
            try source.delete()
        }
    }

    /// Overwrites a volume from end to end with other data than it has, as its user would.
    private func overwrite(_ life: Life, seed: Int) throws {
        let file = life.kind == .block ? life.target : "\(life.target)/data"
        try TestTool.run(
            "sh",
            [
                "-c",
                "set -e; size=$(stat -L -c %s \(file)); [ $size -gt 0 ] || size=$(blockdev --getsize64 \(file)); "
                    + "openssl enc -aes-128-ctr -nosalt -K 0\(seed) -iv 0 < /dev/zero 2>/dev/null | head -c $size "
                    + "| dd of=\(file) bs=1M iflag=fullblock conv=notrunc,fsync oflag=direct status=none",
            ], deadlineSeconds: 300)
    }

    @Test(
        "A thick volume can be overwritten completely after snapshots and copies, however full the pool was made since",
        arguments: [TestPool.Filesystem.xfs, .btrfs], ["", ",reserve=0%"])
    func thickStaysThick(filesystem: TestPool.Filesystem, words: String) throws {
        try Rig.run(.init(filesystem: filesystem, poolWords: words)) { rig in
            // Somebody else's file, which the pool must not take for its own room.
            let root = try #require(rig.poolFilesystem).path
            try Host.run("fallocate", "--length", "100MiB", "\(root)/foreign")
            let source = try Life.published(rig, .block, name: "source", bytes: 96 << 20)
            try overwrite(source, seed: 1)
            let snapshot = try source.cut()
            let restored = try Life.published(
                rig, .block, name: "restored", bytes: 96 << 20, parameters: ["provisioning": "thick"],
                from: snapshot.asSource)
            var made: [Life] = []
            var cuts = [snapshot]
            fill: for number in 1... {
                for size in [64, 16, 4, 1] as [Int64] {
                    do {
                        let life = try Life(rig, .block, name: "fill\(number)", bytes: size << 20)
                        made.append(life)
                        if number == 1 { cuts.append(try life.cut("fill")) }
                        continue fill
                    } catch let status as CSIStatus {
                        #expect(status.code == .resourceExhausted, "\(status)")
                    }
                }
                break
            }
            #expect(try available(rig, "thick") < 1 << 20)
            for life in [source, restored] {
                try overwrite(life, seed: 2)
                let health = try life.stats().volumeCondition
                #expect(health?.abnormal == false, "\(String(describing: health))")
            }
            for life in [source, restored] + made { try life.end() }
            for snapshot in cuts { try rig.deleteSnapshot(snapshot) }
        }
    }

    @Test(
        "A deleted file of a thin volume goes back to the pool by fstrim or at once, except what a snapshot holds",
        arguments: pools, Kind.mounted)
    func discards(filesystem: TestPool.Filesystem, kind: Kind) throws {
        try Rig.run(.init(filesystem: filesystem, poolBytes: 2 << 30)) { rig in
            let thin = try Life(rig, kind, bytes: 512 << 20, parameters: ["provisioning": "thin"])
            try thin.stage()
            try thin.publish()
            func allocated() throws -> Int64 { try #require(try FileStatus.at(thin.image)).allocatedBytes }
            func write() throws {
                try Host.run(
                    "dd", "if=/dev/urandom", "of=\(thin.target)/file", "bs=1M", "count=200", "conv=fsync",
                    "status=none")
            }
            // XFS frees the blocks of a removed file a little later, and only then they can be discarded.
            func trims(to bytes: Int64) throws -> Bool {
                try Host.run("sync", "-f", thin.target)
                try Host.run("fstrim", thin.target)
                try Host.run("sync", "-f", rig.pool)
                return try allocated() < bytes
            }
            let empty = try allocated()
            try write()
            #expect(try allocated() >= empty + 200 << 20)
            try Host.removeTree("\(thin.target)/file")
            try waitUntil("the blocks are back") { try trims(to: empty + 40 << 20) }
            // With a snapshot the blocks stay for that, and come back with it.
            let room = try available(rig, "thick")
            try write()
            let snapshot = try thin.cut()
            try Host.removeTree("\(thin.target)/file")
            try waitUntil("the image has let go") { try trims(to: empty + 40 << 20) }
            try rig.deleteSnapshot(snapshot)
            try waitUntil("the pool has as much as before") {
                _ = try thin.stats()
                return try available(rig, "thick") >= room - 48 << 20
            }
            try thin.end()
        }
    }

    @Test("A thin volume mounted with discard gives blocks back at once", arguments: pools, Kind.mounted)
    func discardOption(filesystem: TestPool.Filesystem, kind: Kind) throws {
        try Rig.run(.init(filesystem: filesystem, poolBytes: 2 << 30)) { rig in
            let thin = try Life(rig, kind, bytes: 512 << 20, parameters: ["provisioning": "thin"])
            try Host.makeFolder(thin.staging)
            _ = try rig.client.call(thin.stageRequest(flags: ["discard"]))
            try Host.run(
                "dd", "if=/dev/urandom", "of=\(thin.staging)/file", "bs=1M", "count=200", "conv=fsync",
                "status=none")
            func allocated() throws -> Int64 { try #require(try FileStatus.at(thin.image)).allocatedBytes }
            #expect(try allocated() >= 200 << 20)
            try Host.removeTree("\(thin.staging)/file")
            try waitUntil("the blocks are back") {
                try Host.run("sync", "-f", thin.staging)
                return try allocated() < 120 << 20
            }
            try thin.end()
        }
    }
}
