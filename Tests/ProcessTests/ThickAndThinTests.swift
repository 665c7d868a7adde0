import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Thick, thin, and the devices", .requiresRoot)
struct ThickAndThinTests {
    private func allocated(_ life: Life) throws -> Int64 {
        try #require(try FileStatus.at(life.image)).allocatedBytes
    }

    @Test(
        "A thick volume occupies its size from birth, through mkfs, discards and growth",
        arguments: Kind.allCases, [TestPool.Filesystem.xfs, .ext4])
    func thick(kind: Kind, filesystem: TestPool.Filesystem) throws {
        try Rig.run(.init(filesystem: filesystem)) { rig in
            let life = try Life(rig, kind, parameters: ["provisioning": "thick"])
            #expect(try allocated(life) >= kind.bytes)
            try life.stage()
            try life.publish()
            #expect(try Host.queue(life.device(), "discard_max_bytes") == "0")
            // Either nothing is discarded or the program is told that it cannot be; the blocks stay in any case.
            if kind == .block {
                _ = try? Host.run("blkdiscard", "--force", life.target)
                _ = try? Host.run("blkdiscard", "--force", "--zeroout", life.target)
            } else {
                _ = try? Host.run("fstrim", life.target)
            }
            #expect(try allocated(life) >= kind.bytes)
            try life.unpublish()
            try life.unstage()
            _ = try rig.client.call(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: life.id, capacityRange: CSI.CapacityRange(requiredBytes: kind.bytes * 2)))
            #expect(try allocated(life) >= kind.bytes * 2)
            try life.delete()
        }
    }

    @Test(
        "A thin volume occupies what was written, and gives back what is discarded",
        arguments: [Kind.ext4, .block])
    func thin(kind: Kind) throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let life = try Life(rig, kind, parameters: ["provisioning": "thin"])
            let empty = try allocated(life)
            #expect(empty < kind.bytes / 2)
            try life.stage()
            try life.publish()
            let file = kind == .block ? life.target : "\(life.target)/file"
            let words = [
                "if=/dev/urandom", "of=\(file)", "bs=1M", "count=16", "conv=fsync,notrunc", "status=none",
            ]
            try TestTool.run("dd", words)
            #expect(try allocated(life) >= empty + 16 << 20)
            if kind == .block {
                try Host.run("blkdiscard", "--force", life.target)
            } else {
                try Host.removeTree(file)
                try Host.run("sync", "-f", life.target)
                try Host.run("fstrim", life.target)
            }
            try waitUntil("the blocks are back") { try allocated(life) < empty + 4 << 20 }
            try life.end()
        }
    }

    @Test("A device has 4 KiB sectors, direct I/O and no scheduler", arguments: Kind.allCases)
    func device(kind: Kind) throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let life = try Life.published(rig, kind)
            let device = try life.device()
            let status = try #require(try device.status())
            #expect(status.blockSizeBytes == 4096)
            #expect(status.directIO)
            #expect(!status.autoclear && !status.readOnly)
            #expect(try Host.queue(device, "logical_block_size") == "4096")
            #expect(try Host.queue(device, "scheduler").contains("[none]"))
            #expect(status.sizeBytes == kind.bytes)
            try life.end()
        }
    }

    @Test("A thick volume that lost blocks gets them back when it is staged")
    func refilled() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let life = try Life(rig, .block, parameters: ["provisioning": "thick"])
            try Host.run("fallocate", "--punch-hole", "--offset", "0", "--length", "32MiB", life.image)
            #expect(try allocated(life) < life.kind.bytes)
            try life.stage()
            #expect(try allocated(life) >= life.kind.bytes)
            try life.end()
        }
    }
}
