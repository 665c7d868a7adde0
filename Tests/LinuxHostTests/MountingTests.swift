import LinuxHost
import TestSupport
import Testing

@Suite(.requiresRoot) final class MountingTests {
    let pool: TestPool
    let temporary: TemporaryFolder

    init() throws {
        pool = try TestPool(.ext4, bytes: 64 << 20)
        temporary = try TemporaryFolder()
    }

    deinit {
        do {
            let left = try KernelLeaks.clear(below: temporary.path)
            if !left.isEmpty { Issue.record("left behind: \(left)") }
        } catch {
            Issue.record(error)
        }
    }

    private func place(_ path: String) throws -> OwnedDescriptor {
        try #require(TargetPath(path)).openPlace()
    }

    @Test("a read-only bind mount refuses writes while its source takes them")
    func readOnlyBind() throws {
        try Mounting.bind(
            from: place(pool.path), onto: temporary.mountPoint("ro"), options: MountOptions(flags: ["ro"]))
        let table = try MountTable.read()
        let mount = try #require(table.mounts(at: "\(temporary.path)/ro").last)
        #expect(mount.isReadOnly && !mount.isFilesystemReadOnly && mount.root == "/")
        expectFailure(.readOnly) {
            _ = try Directory.open("\(self.temporary.path)/ro").createFile("x", mode: 0o600)
        }
        try pool.open().write("x", [1], mode: 0o600)
        #expect(try table.mounts(of: pool.device).count == 2)
        try Mounting.unmount("\(temporary.path)/ro")
    }

    @Test("a bind mount keeps the flags of the mount it shows")
    func flagsStay() throws {
        let target = try temporary.mountPoint("first")
        let options = try MountOptions(flags: ["nosuid", "nodev", "noatime"])
        try Mounting.mountFilesystem(device: pool.device, type: "ext4", at: target, options: options)
        try Mounting.bind(
            from: place("\(temporary.path)/first"), onto: temporary.mountPoint("second"),
            options: MountOptions(flags: ["ro"]))
        let mount = try #require(try MountTable.read().mounts(at: "\(temporary.path)/second").last)
        #expect(Set(["ro", "nosuid", "nodev", "noatime"]).isSubset(of: mount.options))
        try Mounting.unmount("\(temporary.path)/second")
        try Mounting.unmount("\(temporary.path)/first")
    }

    @Test("mounts stacked at one place are listed from the lowest up and go one by one from the top")
    func stackedMounts() throws {
        try pool.open().create("a", mode: 0o700)
        try pool.open().create("b", mode: 0o700)
        let path = "\(temporary.path)/stack"
        _ = try temporary.mountPoint("stack")
        for name in ["a", "b"] {
            try Mounting.bind(
                from: place("\(pool.path)/\(name)"), onto: place(path), options: MountOptions(flags: []))
        }
        #expect(try MountTable.read().mounts(at: path).map(\.root) == ["/a", "/b"])
        try Mounting.unmount(path)
        #expect(try MountTable.read().mounts(at: path).map(\.root) == ["/a"])
        try Mounting.unmount("stack", in: temporary.open())
        expectFailure(.invalid) { try Mounting.unmount(path) }
    }

    @Test("a mount that is in use is busy and stays")
    func busyMount() throws {
        let folder = try pool.open()
        expectFailure(.busy) { try Mounting.unmount(self.pool.path) }
        #expect(try folder.status().isMountRoot)
    }

    @Test("a link in the way of a target is refused")
    func linkInTheWay() throws {
        _ = try temporary.mountPoint("real")
        try TestTool.run("ln", ["-s", "real", "\(temporary.path)/link"])
        let link = try #require(TargetPath("\(temporary.path)/link"))
        expectFailure(.symbolicLink) { _ = try link.openFolder() }
        expectFailure(.symbolicLink) { _ = try link.openPlace() }
        #expect(try link.status()?.kind == .symlink)
        let below = try #require(TargetPath("\(temporary.path)/link/x"))
        expectFailure(.symbolicLink) { _ = try below.openParent() }
        expectFailure(.symbolicLink) { _ = try below.status() }
        expectFailure(.invalid) { try Mounting.unmount("\(self.temporary.path)/link") }
    }

    @Test("a device node bound over a file is found as such and not as a mount of its file system")
    func nodeBind() throws {
        _ = try temporary.file("disk", bytes: 0)
        try Mounting.bind(
            from: place(pool.device.path), onto: place("\(temporary.path)/disk"),
            options: MountOptions(flags: []))
        let table = try MountTable.read()
        #expect(table.nodeBinds(of: pool.device).map(\.target) == ["\(temporary.path)/disk"])
        #expect(try table.mounts(of: pool.device).map(\.target) == [pool.path])
        #expect(try FileStatus.at("\(temporary.path)/disk")?.deviceNumber == pool.device.deviceNumber)
        try Mounting.unmount("\(temporary.path)/disk")
    }

    @Test("mounts of a btrfs device are found although its device number is of its own making")
    func btrfsMounts() throws {
        let btrfs = try TestPool(.btrfs)
        try Mounting.bind(
            from: place(btrfs.path), onto: temporary.mountPoint("b"), options: MountOptions(flags: []))
        let targets = try MountTable.read().mounts(of: btrfs.device).map(\.target)
        #expect(Set(targets) == [btrfs.path, "\(temporary.path)/b"])
        try Mounting.unmount("\(temporary.path)/b")
    }

    @Test("a failed mount names device and target but no option")
    func failedMount() throws {
        let target = try temporary.mountPoint("t")
        let options = try MountOptions(flags: ["password=hidden"])
        let error = #expect(throws: SystemError.self) {
            try Mounting.mountFilesystem(device: self.pool.device, type: "xfs", at: target, options: options)
        }
        #expect(error?.description.contains(pool.device.path) == true)
        #expect(error?.description.contains("hidden") == false)
    }
}
