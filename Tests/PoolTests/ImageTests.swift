import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("Images: created, grown, removed")
struct ImageTests {
    @Test("A volume appears whole: a closed folder with record and image, and nothing in between stays")
    func create() throws {
        let rig = try PoolRig()
        let record = try rig.created("vol", .filesystem(.ext4))
        #expect(try rig.entries("volumes/vol") == ["image", "volume.json"])
        #expect(try rig.folder("volumes/vol").status().mode & 0o777 == 0o700)
        #expect(try rig.folder("volumes/vol").status("image")?.mode == 0o600)
        #expect(try rig.folder("volumes/vol").status("volume.json")?.mode == 0o600)
        #expect(try rig.entries("staging").isEmpty)
        let image = try known(rig.pool.image(of: record.id.name))
        #expect(image.size == record.size)
        let superblock = try Superblock.read(.open("\(rig.path)/volumes/vol/image", .readOnly))
        #expect(superblock?.filesystemBytes == record.size.bytes)
    }

    @Test(
        "A thick image has all of its blocks, a thin one hardly any", arguments: TestPool.Filesystem.allCases)
    func allocation(filesystem: TestPool.Filesystem) throws {
        let rig = try PoolRig(on: filesystem)
        for kind in [VolumeKind.block, .filesystem(.ext4)] {
            let thick = try rig.created("thick-\(kind)", kind, size: .mebibytes(64), provisioning: .thick)
            #expect(try known(rig.pool.image(of: thick.id.name)).allocated >= thick.size)
            let thin = try rig.created("thin-\(kind)", kind, size: .mebibytes(64), provisioning: .thin)
            #expect(try known(rig.pool.image(of: thin.id.name)).allocated < .mebibytes(32))
        }
    }

    @Test("An image on XFS keeps its extents large, one on btrfs is overwritten in place", .requiresRoot)
    func hints() throws {
        let xfs = try PoolRig(on: .xfs)
        _ = try xfs.created()
        let image = "\(xfs.path)/volumes/vol/image"
        #expect(
            try TestTool.run("xfs_io", ["-r", "-c", "extsize", image]).standardOutput.hasPrefix("[1048576]"))
        #expect(
            try TestTool.run("xfs_io", ["-r", "-c", "cowextsize", image]).standardOutput.hasPrefix(
                "[1048576]"))
        let btrfs = try PoolRig(on: .btrfs)
        _ = try btrfs.created()
        let flags = try TestTool.run("lsattr", ["\(btrfs.path)/volumes/vol/image"]).standardOutput
        #expect(flags.split(separator: " ").first?.contains("C") == true)
    }

    @Test("A pool without room leaves nothing of a creation behind", .requiresRoot)
    func full() throws {
        let rig = try PoolRig(on: .ext4, bytes: 256 << 20)
        let free = try rig.pool.space().free
        for kind in [VolumeKind.block, .filesystem(.ext4)] {
            #expect(
                try fault { try rig.pool.create(rig.record("big", kind, size: .gibibytes(1)), from: .fresh) }
                    == .noSpace,
                "\(kind)")
        }
        #expect(try rig.entries("staging").isEmpty && rig.entries("volumes").isEmpty)
        // More is fine: the blocks of the probes of the start come back late.
        #expect(try rig.pool.space().free >= free)
    }

    @Test("mkfs that fails leaves nothing behind")
    func mkfsFails() throws {
        let rig = try PoolRig()
        let record = try rig.record("vol", .filesystem(.xfs), size: .mebibytes(16))
        #expect(try fault { try rig.pool.create(record, from: .fresh) } == .host)
        #expect(try rig.entries("staging").isEmpty && rig.entries("volumes").isEmpty)
    }

    @Test("A name that is taken is neither replaced nor damaged")
    func taken() throws {
        let rig = try PoolRig()
        let record = try rig.created()
        #expect(
            try fault { try rig.pool.create(rig.record(size: .mebibytes(32)), from: .fresh) }
                == .existsDifferently)
        #expect(try rig.pool.record(of: record.id.name) == record)
        #expect(try rig.entries("staging").isEmpty)
    }

    @Test("An image that is held is not removed; a free one is gone at once and its blocks later")
    func remove() throws {
        let rig = try PoolRig()
        let name = try rig.created().id.name
        let image = try OwnedDescriptor.open("\(rig.path)/volumes/vol/image", .readOnly)
        for kind: LockKind in [.shared, .exclusive] {
            #expect(try image.tryLock(kind))
            #expect(try fault { try rig.pool.remove(name) } == .notNow)
            try image.unlock()
        }
        for _ in 0..<2 {
            try rig.pool.remove(name)
            #expect(try rig.pool.record(of: name) == nil)
            #expect(try rig.pool.image(of: name) == nil)
        }
        rig.pool.close()
        #expect(try rig.entries("trash").isEmpty)
        try rig.pool.create(rig.record(), from: .fresh)
    }

    @Test("A volume whose image was removed by hand can still be deleted")
    func removeWithoutImage() throws {
        let rig = try PoolRig()
        let name = try rig.created().id.name
        try rig.folder("volumes/vol").removeFile("image")
        #expect(try rig.pool.image(of: name) == nil)
        try rig.pool.remove(name)
        #expect(try rig.pool.names().isEmpty)
    }

    @Test(
        "Growing makes image and record larger, thick ones with their blocks",
        arguments: [Provisioning.thick, .thin])
    func grow(provisioning: Provisioning) throws {
        let rig = try PoolRig()
        let record = try rig.created(provisioning: provisioning)
        try rig.pool.grow(record, to: .mebibytes(48))
        let image = try known(rig.pool.image(of: record.id.name))
        #expect(image.size == .mebibytes(48))
        #expect((image.allocated >= .mebibytes(48)) == (provisioning == .thick))
        #expect(try rig.reopened().record(of: record.id.name)?.size == .mebibytes(48))
    }

    @Test("Growing keeps what is written, and leaves no doubt where it does not fit", .requiresRoot)
    func growTooFar() throws {
        let rig = try PoolRig(on: .ext4, bytes: 256 << 20)
        let record = try rig.created()
        let image = try OwnedDescriptor.open("\(rig.path)/volumes/vol/image", .readWrite)
        try image.pwrite([1, 2, 3], offset: record.size.bytes - 3)
        let before = try known(rig.pool.image(of: record.id.name))
        #expect(try fault { try rig.pool.grow(record, to: .gibibytes(1)) } == .noSpace)
        let after = try known(rig.pool.image(of: record.id.name))
        #expect(after.size == before.size)
        #expect(after.allocated.minus(before.allocated) < .mebibytes(1), "\(before) became \(after)")
        #expect(try rig.pool.record(of: record.id.name) == record)
        try rig.pool.grow(record, to: .mebibytes(32))
        #expect(try image.preadExactly(offset: record.size.bytes - 3, count: 4) == [1, 2, 3, 0])
    }

    @Test("A volume that is gone cannot grow")
    func growNothing() throws {
        let rig = try PoolRig()
        #expect(try fault { try rig.pool.grow(rig.record(), to: .gibibytes(1)) } == .missing)
    }
}
