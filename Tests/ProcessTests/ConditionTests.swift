import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("VolumeCondition tells of real trouble", .requiresRoot)
struct ConditionTests {
    /// The condition as the three calls that tell it agree on.
    private func condition(_ rig: Rig, _ life: Life, sourceLocation: SourceLocation = #_sourceLocation) throws
        -> CSI.VolumeCondition
    {
        let one = try rig.client.call(CSI.ControllerGetVolumeRequest(volumeID: life.id)).status?
            .volumeCondition
        let listed = try rig.client.call(CSI.ListVolumesRequest()).entries
            .first { $0.volume?.volumeID == life.id }?.status?.volumeCondition
        #expect(one == listed, sourceLocation: sourceLocation)
        return try #require(one)
    }

    @Test("A healthy volume is normal in every state, and says so in words", arguments: Kind.allCases)
    func healthy(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            func isWell() throws -> Bool {
                let now = try condition(rig, life)
                return !now.abnormal && !now.message.isEmpty
            }
            #expect(try isWell())
            try life.stage()
            #expect(try isWell())
            try life.publish()
            #expect(try isWell())
            try life.unpublish()
            try life.unstage()
            #expect(try isWell())
            try life.delete()
        }
    }

    @Test("An image that is cut short sets its volume aside, one that is missing is abnormal")
    func image() throws {
        try Rig.run { rig in
            let life = try Life(rig, .block)
            try Host.run("truncate", "--size", "1M", life.image)
            try rig.client.refuses(life.deleteRequest, .failedPrecondition, naming: "1048576")
            try Host.removeTree(life.image)
            let missing = try condition(rig, life)
            #expect(missing.abnormal && missing.message.contains("missing"), "\(missing)")
            try life.delete()
        }
    }

    @Test(
        "A device that was taken away behind the driver's back is abnormal until the volume is staged again")
    func deviceGone() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            try KernelLeaks.clear(below: rig.path)
            let gone = try condition(rig, life)
            #expect(gone.abnormal && gone.message.contains("loop device"), "\(gone)")
            try life.stage()
            #expect(try !condition(rig, life).abnormal)
            try life.end()
        }
    }

    @Test(
        "A file system that the kernel shut down or turned read-only is abnormal",
        arguments: [Kind.ext4, .xfs])
    func readOnlySuperblock(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            if kind == .xfs {
                try Host.run("xfs_io", "-x", "-c", "shutdown", life.staging)
            } else {
                // As errors=remount-ro does, and an error for the count.
                let trigger = "/sys/fs/ext4/loop\(try life.device().number)/trigger_fs_error"
                try Host.run("sh", "-c", "echo planted > \(trigger)")
            }
            let now = try condition(rig, life)
            #expect(now.abnormal, "\(now)")
            if kind == .ext4 {
                #expect(now.message.contains("errors"), "\(now)")
                #expect(now.message.contains("read-only"), "\(now)")
            }
            let usage = try? life.stats()
            if let usage { #expect(usage.volumeCondition?.abnormal == true) }
            try life.unpublish()
            try life.unstage()
            // The check at the next stage repairs what the planted error left.
            try life.stage()
            try life.publish()
            try Host.write("writable again", to: "\(life.target)/file")
            try life.end()
        }
    }

    @Test("A thin volume in a pool that is nearly full is abnormal, a thick one is not")
    func poolNearlyFull() throws {
        try Rig.run(.init(filesystem: .ext4)) { rig in
            let thin = try Life(rig, name: "thin", parameters: ["provisioning": "thin"])
            let thick = try Life(rig, name: "thick")
            let root = try #require(rig.poolFilesystem).path
            let ballast = try FilesystemSpace.at(root).availableBytes - 8 << 20
            try Host.run("fallocate", "--length", "\(ballast)", "\(root)/ballast")
            let now = try condition(rig, thin)
            #expect(now.abnormal && now.message.contains("full"), "\(now)")
            #expect(try !condition(rig, thick).abnormal)
            try Host.removeTree("\(root)/ballast")
            try waitUntil("the blocks are back") { try !condition(rig, thin).abnormal }
            #expect(rig.log.split(separator: "\n").count { $0.contains("the pool is nearly full") } == 1)
            #expect(rig.log.split(separator: "\n").count { $0.contains("the pool has room again") } == 1)
            try thin.delete()
            try thick.delete()
        }
    }

    @Test(
        "A pool that runs low says so before anything fails, and takes no more thin volumes when it is critical"
    )
    func thresholds() throws {
        try Rig.run(.init(filesystem: .xfs, poolWords: ",reserve=0%,overcommit=4,low=30%,critical=20%")) {
            rig in
            let root = try #require(rig.poolFilesystem).path
            let thin = try Life.published(
                rig, name: "thin", bytes: 512 << 20, parameters: ["provisioning": "thin"])
            func fill(to percent: Int64, _ name: String) throws {
                let space = try FilesystemSpace.at(root)
                let bytes = space.availableBytes - space.totalBytes / 100 * percent
                try Host.run("fallocate", "--length", "\(bytes)", "\(root)/\(name)")
            }
            try fill(to: 40, "first")
            #expect(try thin.stats().volumeCondition?.abnormal == false)
            try fill(to: 25, "second")
            let low = try #require(try thin.stats().volumeCondition)
            #expect(low.abnormal && low.message.contains("runs low"), "\(low)")
            #expect(rig.log.contains("level=warning msg=\"the pool runs low"))
            let more = try Life(rig, name: "more", bytes: 256 << 20, parameters: ["provisioning": "thin"])
            try more.delete()
            try fill(to: 15, "third")
            try rig.client.refuses(
                Kind.ext4.create("no", bytes: 256 << 20, parameters: ["provisioning": "thin"]),
                .resourceExhausted)
            try rig.client.refuses(thin.cutRequest(), .resourceExhausted)
            try rig.client.refuses(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: thin.id, capacityRange: CSI.CapacityRange(requiredBytes: 768 << 20)),
                .outOfRange)
            let answer = try rig.client.call(CSI.GetCapacityRequest(parameters: ["provisioning": "thin"]))
            #expect(answer.availableCapacity == 0)
            // A thick volume has its blocks from the first day.
            try Life(rig, .block, name: "thick", bytes: 1 << 20, parameters: ["provisioning": "thick"])
                .delete()
            try thin.end()
        }
    }
}
