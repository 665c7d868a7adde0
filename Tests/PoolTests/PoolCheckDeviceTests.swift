import LinuxHost
import Pool
import Synchronization
import TestSupport
import Testing
import Volumes
import VolumesTestSupport

@Suite("A check finds what is wrong with loop devices and mounts", .requiresRoot)
struct PoolCheckDeviceTests {
    private func attach(_ rig: PoolRig, _ path: String = "volumes/vol", locked: Bool = true) throws
        -> LoopDevice
    {
        let image = try rig.image(path)
        if locked { #expect(try image.tryLock(.exclusive)) }
        return try LoopDevices.attach(
            image, name: "test",
            options: .init(readOnly: false, directIO: false, blockSizeBytes: 4096, allowDiscard: true))
    }

    @Test(
        "A locked device is fine on each file system, one that somebody made by hand is found, and so is a second one",
        arguments: TestPool.Filesystem.allCases)
    func byHand(filesystem: TestPool.Filesystem) throws {
        let rig = try PoolRig(on: filesystem, bytes: 512 << 20)
        _ = try rig.created()
        let first = try attach(rig)
        #expect(try rig.found().isEmpty)
        let second = try attach(rig, locked: false)
        #expect(try rig.found() == ["attached-twice volume vol"])
        try first.detach()
        #expect(try rig.found() == ["attached-by-hand volume vol"])
        try second.detach()
        #expect(try rig.found().isEmpty)
    }

    @Test("A device whose volume was removed behind the driver's back is found")
    func removed() throws {
        let rig = try PoolRig()
        _ = try rig.created()
        let device = try attach(rig)
        try rig.folder("volumes").removeTree("vol")
        #expect(try rig.found() == ["device-without-volume \(device)"])
        try device.detach()
        #expect(try rig.found().isEmpty)
    }

    @Test("A device whose image was replaced is found, and so is one on the image of a snapshot")
    func replaced() throws {
        let rig = try PoolRig()
        let record = try rig.created()
        try rig.cut("snap", of: record)
        let device = try attach(rig)
        let other = try attach(rig, "snapshots/snap")
        try rig.folder("volumes/vol").removeFile("image")
        try rig.folder("volumes/vol").createFile("image", mode: 0o600).allocate(bytes: record.size.bytes)
        #expect(
            try Set(rig.found()) == ["device-without-volume \(device)", "device-on-snapshot \(other)"])
        try device.detach()
        try other.detach()
    }

    @Test("A device of another pool on the same file system is none of this pool's business")
    func otherPool() throws {
        let disk = try TestPool(.ext4)
        let name = try known(PoolName("test"))
        let pools = try ["a", "b"].map { try DiskPool.open("\(disk.path)/\($0)", name: name, log: quiet) }
        try pools[0].create(
            VolumeRecord(
                id: VolumeID(pool: pools[0].pool.id, name: known(VolumeName(folder: "vol"))),
                requestedName: "vol", size: .mebibytes(16), kind: .block, provisioning: .thick,
                sectorBytes: 4096, parameters: VolumeParameters([:]), created: ""), from: .fresh)
        let image = try Directory.open("\(disk.path)/a/volumes/vol").openFile("image", .readWrite)
        #expect(try image.tryLock(.exclusive))
        let device = try LoopDevices.attach(
            image, name: "test",
            options: .init(readOnly: false, directIO: false, blockSizeBytes: 4096, allowDiscard: true))
        for folder in ["a", "b"] {
            let view = try PoolView.open("\(disk.path)/\(folder)", name: name, policy: .standard)
            #expect(try PoolCheck.run(view, pauses: []).findings.isEmpty)
        }
        try device.detach()
    }

    @Test("A device that is larger than its image is found; a smaller one is a growth that is under way")
    func capacity() throws {
        let rig = try PoolRig()
        let record = try rig.created(provisioning: .thin)
        let device = try attach(rig)
        try rig.pool.grow(record, to: .mebibytes(32))
        #expect(try rig.found() == ["device-smaller volume vol"])
        #expect(try PoolCheck.run(rig.view(), pauses: []).isWell)
        _ = try device.refreshCapacity()
        #expect(try rig.found().isEmpty)
        try rig.image().truncate(to: 16 << 20)
        #expect(try rig.found() == ["image-short volume vol", "device-larger volume vol"])
        try device.detach()
    }

    @Test("A staged volume whose device was taken away is found")
    func deviceGone() throws {
        let rig = try PoolRig()
        let id = try rig.created().id
        var note = StagingNote()
        note.staged["/staging"] = Usage(mode: .singleNodeWriter, isReadOnly: false, flagsDigest: "")
        let node = KernelNode(pools: [rig.pool], log: quiet)
        try node.keep(note, of: id)
        #expect(try rig.found() == ["volume-trouble volume vol"])
        try node.keep(StagingNote(), of: id)
        #expect(try rig.found() == [])
    }

    @Test("A pool whose file system is read-only is found, and looked at all the same")
    func readOnlyPool() throws {
        let disk = try TestPool(.ext4)
        let name = try known(PoolName("test"))
        _ = try DiskPool.open("\(disk.path)/pool", name: name, log: quiet)
        try TestTool.run("mount", ["-o", "remount,ro", disk.path])
        let view = try PoolView.open("\(disk.path)/pool", name: name, policy: .standard)
        #expect(try PoolCheck.run(view, pauses: []).findings.map(\.kind) == [.poolReadOnly])
    }

    @Test("A look through a mount, such as df's, does not keep a volume from being unstaged")
    func looksThrough() throws {
        let contract = try Contract(.kernel)
        let record = try contract.create()
        let staging = try contract.folder("staging")
        let isDone = Mutex(false)
        let looker = try OwnThread.start(name: "looker") {
            while !isDone.withLock({ $0 }) {
                do {
                    for _ in 0..<10 { _ = try FilesystemSpace.at(staging.text) }
                } catch { Issue.record("\(error)") }
                Clock.sleep(nanoseconds: 50_000)
            }
        }
        defer { isDone.withLock { $0 = true } }
        for _ in 0..<20 {
            try contract.volumes.stage(record.id, at: staging, .mount())
            try contract.volumes.unstage(record.id, at: staging)
        }
        isDone.withLock { $0 = true }
        try looker.join()
    }

    @Test(
        "A file system with errors, turned read-only or shut down is found",
        arguments: [FilesystemKind.ext4, .xfs])
    func troubles(kind: FilesystemKind) throws {
        let contract = try Contract(.kernel)
        let record = try contract.create(.filesystem(kind), size: kind.minimumSize)
        let staging = try contract.folder("staging")
        try contract.volumes.stage(record.id, at: staging, .mount())
        let pool = try known(contract.store as? DiskPool)
        let view = try PoolView.open(pool.path, name: pool.pool.name, policy: .standard)
        #expect(try PoolCheck.run(view, pauses: []).findings.isEmpty)
        let sight = try VolumeSight(
            known(view.volume(record.id.name)), in: view, space: view.space(), on: NodeView.look())
        #expect(sight.staged == [staging.text] && sight.troubles.isEmpty && sight.device != nil)
        #expect(try sight.usage()?.bytes.total ?? 0 > 0)
        #expect(try view.extents(of: record.id.name) ?? 0 > 0)
        if kind == .xfs {
            try TestTool.run("xfs_io", ["-x", "-c", "shutdown", staging.text])
        } else {
            let device = try known(sight.device)
            try TestTool.run(
                "sh", ["-c", "echo planted > /sys/fs/ext4/loop\(device.number)/trigger_fs_error"])
        }
        let found = try PoolCheck.run(view, pauses: []).findings
        #expect(!found.isEmpty && found.allSatisfy { $0.kind == .volumeTrouble }, "\(found)")
        try contract.volumes.unstage(record.id, at: staging)
        #expect(try PoolCheck.run(view, pauses: []).findings.isEmpty)
    }
}
