import LinuxHost
import Pool
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("A pool inside one file", .requiresRoot)
struct PoolImageTests {
    @Test(
        "It is made once, with direct I/O and reflink; the next start finds file, device and mount",
        arguments: PoolImage.Filesystem.allCases, PoolImage.Allocation.allCases)
    func life(filesystem: PoolImage.Filesystem, allocation: PoolImage.Allocation) throws {
        let rig = try PoolImageRig()
        let pool = try rig.open(allocation, filesystem)
        #expect(pool.features.canReflink && pool.features.canAllocate)
        #expect(pool.features.filesystem == filesystem.rawValue)
        #expect(try rig.entries() == ["pool", "pool.image", "pool.image.json"])
        #expect(try rig.folder().status().mode & 0o777 == 0o700)
        let file = try rig.file()
        #expect(file.sizeBytes == 1 << 30 && file.mode == 0o600)
        #expect(allocation == .full ? file.allocatedBytes >= 1 << 30 : file.allocatedBytes < 256 << 20)
        let device = try rig.device()
        let status = try #require(try device.status())
        #expect(status.directIO && !status.readOnly && status.blockSizeBytes == 4096)
        let scheduler = TextFile.read("/sys/block/loop\(device.number)/queue/scheduler")
        #expect(scheduler?.contains("[none]") == true)
        let mount = try #require(try rig.mounts().first)
        for word in ["noatime", "nodev", "noexec", "nosuid"] { #expect(mount.options.contains(word)) }
        let discards = mount.superOptions.contains { $0.hasPrefix("discard") }
        #expect(discards == (allocation == .sparse))
        let again = try rig.open(allocation)
        #expect(again.pool == pool.pool)
        #expect(try rig.device() == device)
        #expect(try rig.mounts() == [mount])
        try rig.reboot()
        #expect(try rig.devices() == [])
        #expect(try rig.open(allocation).pool == pool.pool)
        #expect(try rig.file().identity == file.identity)
    }

    @Test(
        "The host's file system does not matter, even where it can reflink itself",
        arguments: TestPool.Filesystem.allCases, PoolImage.Allocation.allCases)
    func hosts(host: TestPool.Filesystem, allocation: PoolImage.Allocation) throws {
        let rig = try PoolImageRig(on: host, hostBytes: 3 << 30)
        let pool = try rig.open(allocation)
        #expect(try pool.features.canReflink && rig.device().status()?.directIO == true)
        try rig.reboot()
        #expect(try rig.open(gibibytes: 2, allocation).pool == pool.pool)
        #expect(try allocation == .sparse || rig.file().allocatedBytes >= 2 << 30)
        #expect(!rig.log.contains("level=error"))
    }

    @Test("What was attached but not mounted is mounted, on the same device")
    func halfState() throws {
        let rig = try PoolImageRig()
        let pool = try rig.open()
        let device = try rig.device()
        try Mounting.unmount(rig.mountPoint)
        #expect(try rig.open().pool == pool.pool)
        #expect(try rig.device() == device)
        #expect(try rig.mounts().count == 1)
    }

    @Test(
        "It grows when the number is raised, in use or not, and is never made smaller",
        arguments: PoolImage.Filesystem.allCases, PoolImage.Allocation.allCases)
    func growth(filesystem: PoolImage.Filesystem, allocation: PoolImage.Allocation) throws {
        let rig = try PoolImageRig()
        let before = try rig.open(allocation, filesystem).space().total
        let held = try Directory.open(rig.mountPoint).createFile("held", mode: 0o600)
        let grown = try rig.open(gibibytes: 2, allocation).space().total
        #expect(grown >= before + .mebibytes(1000))
        #expect(try rig.device().sizeBytes() == 2 << 30)
        try held.close()
        try rig.reboot()
        let more = try rig.open(gibibytes: 3, allocation).space().total
        #expect(more >= grown + .mebibytes(1000))
        #expect(try allocation == .sparse || rig.file().allocatedBytes >= 3 << 30)
        #expect(!rig.log.contains("never made smaller"))
        for _ in 1...2 {
            #expect(try rig.open(gibibytes: 1, allocation).space().total == more)
            #expect(rig.log.contains("never made smaller"))
            try rig.reboot()
        }
        #expect(try rig.file().sizeBytes == 3 << 30)
    }

    @Test("A growth that was cut off after any of its steps is completed", arguments: [false, true])
    func growthCutOff(deviceKnows: Bool) throws {
        let rig = try PoolImageRig()
        let before = try rig.open().space().total
        try rig.openFile().truncate(to: 2 << 30)
        if deviceKnows { _ = try rig.device().refreshCapacity() }
        #expect(try rig.open(gibibytes: 2).space().total >= before + .mebibytes(1000))
    }

    @Test("Full after sparse means that the holes are filled at the next start")
    func fullAfterSparse() throws {
        let rig = try PoolImageRig()
        try rig.open(.sparse)
        #expect(try rig.file().allocatedBytes < 256 << 20)
        try rig.open(.full)
        #expect(try rig.file().allocatedBytes >= 1 << 30)
    }

    @Test("What a sparse one frees goes back to the host", arguments: PoolImage.Filesystem.allCases)
    func discard(filesystem: PoolImage.Filesystem) throws {
        let rig = try PoolImageRig()
        let pool = try rig.open(.sparse, filesystem)
        try TestTool.run(
            "dd", ["if=/dev/urandom", "of=\(rig.mountPoint)/data", "bs=1M", "count=128", "conv=fsync"])
        let full = try rig.file().allocatedBytes
        #expect(full > 128 << 20)
        try Directory.open(rig.mountPoint).removeFile("data")
        // XFS lets go of a removed file in the background, and discards with the next write of its log.
        var rounds = 0
        while try rig.file().allocatedBytes > full - 100 << 20, rounds < 500 {
            try TestTool.run("sync", ["-f", rig.mountPoint])
            Clock.sleep(nanoseconds: 20_000_000)
            rounds += 1
        }
        #expect(try rig.file().allocatedBytes <= full - 100 << 20)
        pool.close()
    }

    @Test("Two drivers that start at once come to one file, one device and one mount")
    func atOnce() throws {
        let rig = try PoolImageRig()
        let path = rig.path
        let open: @Sendable () -> Void = {
            do {
                let options = PoolImage.Options(size: .gibibytes(1), allocation: .sparse)
                _ = try PoolImage.open(path, options, name: known(PoolName("test")), log: quiet)
            } catch {
                Issue.record(error)
            }
        }
        let one = try OwnThread.start(name: "one", open)
        let other = try OwnThread.start(name: "other", open)
        try one.join()
        try other.join()
        _ = try rig.device()
        #expect(try rig.mounts().count == 1)
        #expect(try rig.entries() == ["pool", "pool.image", "pool.image.json"])
    }
}
