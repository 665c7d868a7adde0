import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("One pool in trouble is no other's trouble", .requiresRoot)
struct PoolsApartTests {
    /// What can be wrong with the file that says which pool it is, or with what lies around it.
    enum Damage: String, CaseIterable, CustomTestStringConvertible {
        case torn, empty, fifo, folder, link, huge, stranger, gone, folderIsFile, unmounted, newer

        var testDescription: String { rawValue }

        func make(of pair: PoolPair) throws {
            try Host.run("cp", pair.identity, "\(pair.rig.path)/kept.json")
            switch self {
            case .torn: try Host.run("truncate", "--size=5", pair.identity)
            case .empty: try Host.run("truncate", "--size=0", pair.identity)
            case .fifo: try replace(pair, "mkfifo", pair.identity)
            case .folder: try replace(pair, "mkdir", pair.identity)
            case .link: try replace(pair, "ln", "-s", "/dev/zero", pair.identity)
            case .huge: try Host.run("truncate", "--size=1T", pair.identity)
            case .stranger: try replace(pair, "cp", "\(pair.rig.pool)/pool.json", pair.identity)
            case .gone: try Host.run("rm", pair.identity)
            case .newer: try Host.run("sed", "-i", "s/\"version\" : 1/\"version\" : 99/", pair.identity)
            case .folderIsFile:
                try Host.run("mv", pair.folder, "\(pair.folder).kept")
                try Host.write("a file", to: pair.folder)
            case .unmounted: try Host.run("umount", pair.disk.path)
            }
        }

        func mend(_ pair: PoolPair) throws {
            switch self {
            case .unmounted: try Host.run("mount", pair.disk.device.path, pair.disk.path)
            case .folderIsFile:
                try Host.run("rm", pair.folder)
                try Host.run("mv", "\(pair.folder).kept", pair.folder)
            default: try replace(pair, "cp", "\(pair.rig.path)/kept.json", pair.identity)
            }
        }

        private func replace(_ pair: PoolPair, _ words: String...) throws {
            try Host.run("rm", "-rf", pair.identity)
            try TestTool.run(words[0], Array(words.dropFirst()))
        }
    }

    @Test("A pool that cannot be opened is set aside and comes back by itself", arguments: Damage.allCases)
    func start(damage: Damage) throws {
        try PoolPair.run { pair in
            try pair.rig.driver.stop()
            try damage.make(of: pair)
            try pair.start()
            try pair.expectOther()
            try pair.expectSetAside()
            // Lists of the others say so where people look, as CSI has no word for it.
            try waitUntil("the log tells what lists leave out") {
                pair.rig.log.split(separator: "\n").contains {
                    $0.contains("a list leaves out a pool") && $0.contains("pool=a ")
                }
            }
            // No dump of the program's inside.
            #expect(!pair.rig.log.contains("DecodingError") && !pair.rig.log.contains("codingPath"))
            if damage == .unmounted { #expect(try Host.names(in: pair.disk.path) == []) }
            try damage.mend(pair)
        }
    }

    @Test(
        "A pool that gets lost while it is served hinders no other and comes back by itself",
        arguments: [Damage.unmounted, .fifo, .stranger, .gone, .folderIsFile])
    func running(damage: Damage) throws {
        try PoolPair.run { pair in
            try damage.make(of: pair)
            try pair.expectOther()
            try pair.expectSetAside()
            try damage.mend(pair)
        }
    }

    @Test("A pool that is full to the last byte is served", arguments: [TestPool.Filesystem.ext4, .xfs])
    func full(filesystem: TestPool.Filesystem) throws {
        try PoolPair.run(on: filesystem) { pair in
            try pair.rig.driver.stop()
            // As an interrupted creation leaves it, and an earlier version that knew no groups.
            try Host.makeFolder("\(pair.folder)/staging/half.0123456789abcdef")
            try Host.run("rmdir", "\(pair.folder)/groups")
            try Host.run(
                "sh", "-c",
                "f=0; for s in 67108864 4194304 262144 4096; do while fallocate -o $f -l $s \(pair.disk.path)/fill.x; "
                    + "do f=$((f+s)); done; done 2>/dev/null; sync -f \(pair.disk.path); true"
            )
            try pair.start()
            try pair.expectOther()
            #expect(
                try pair.rig.client.call(CSI.ListVolumesRequest()).entries.contains {
                    $0.volume?.volumeID == pair.id
                })
            try pair.rig.client.refuses(PoolPair.request("more", "a"), .resourceExhausted)
            try Host.run("sh", "-c", "rm \(pair.disk.path)/fill.*")
        }
    }

    @Test(
        "A pool that is read-only is served for what it can do, and named",
        arguments: [TestPool.Filesystem.ext4, .xfs])
    func readOnly(filesystem: TestPool.Filesystem) throws {
        try PoolPair.run(on: filesystem) { pair in
            try pair.rig.driver.stop()
            try Host.makeFolder("\(pair.folder)/staging/half.0123456789abcdef")
            try Host.run("rmdir", "\(pair.folder)/groups")
            try Host.run("mount", "-o", "remount,ro", pair.disk.path)
            try pair.start()
            try pair.expectOther()
            let page = try Operator(pair.rig).get("/healthz")
            #expect(page.status == 503 && page.body.contains("pool a: read_only"), "\(page)")
            #expect(
                try pair.rig.client.call(CSI.ListVolumesRequest()).entries.contains {
                    $0.volume?.volumeID == pair.id
                })
            try pair.rig.client.refuses(
                PoolPair.request("more", "a"), .failedPrecondition, naming: "read-only")
            try Host.run("mount", "-o", "remount,rw", pair.disk.path)
        }
    }

    @Test(
        "A pool whose file system was shut down is set aside, at the start and while it is served",
        arguments: [true, false], [TestPool.Filesystem.xfs, .ext4])
    func shutDown(atStart: Bool, filesystem: TestPool.Filesystem) throws {
        try PoolPair.run(on: filesystem) { pair in
            if atStart { try pair.rig.driver.stop() }
            try Host.run("xfs_io", "-x", "-c", "shutdown", pair.disk.path)
            if atStart { try pair.start() }
            try pair.expectOther()
            try pair.expectSetAside()
            for request in [PoolPair.request("kept", "a"), PoolPair.request("new", "a")] {
                #expect(
                    try [.failedPrecondition, .resourceExhausted].contains(pair.rig.client.code(of: request)))
            }
            try Host.run("umount", pair.disk.path)
            try Host.run("mount", pair.disk.device.path, pair.disk.path)
        }
    }

    @Test(
        "Another disk mounted over that of a pool begins no new pool, and the pool is back when it is taken off"
    )
    func covered() throws {
        let other = try TestPool(.ext4, bytes: 64 << 20)
        try PoolPair.run(on: .xfs) { pair in
            try pair.rig.driver.stop()
            try Host.run("mount", other.device.path, pair.disk.path)
            try Host.makeFolder(pair.folder)
            try pair.start()
            try pair.expectOther()
            try pair.expectSetAside()
            #expect(try Host.names(in: pair.folder).isEmpty)
            try Host.run("umount", pair.disk.path)
        }
    }

    @Test("A pool that hangs while it is opened keeps no other waiting, and its step is named")
    func hanging() throws {
        try PoolPair.run { pair in
            try pair.rig.driver.stop()
            // What is to be removed there waits for the thaw.
            try Host.makeFolder("\(pair.folder)/staging/half.0123456789abcdef")
            try Host.run("fsfreeze", "--freeze", pair.disk.path)
            do {
                try pair.start()
                try pair.expectOther()
                let page = try Operator(pair.rig).get("/healthz")
                #expect(
                    page.body.contains("pool a: hung") && page.body.contains("remove leftovers"), "\(page)")
                try pair.expectSetAside()
            } catch {
                Issue.record(error)
            }
            try Host.run("fsfreeze", "--unfreeze", pair.disk.path)
        }
    }

    @Test("A frozen pool with nothing to do is opened, as that needs no write")
    func frozen() throws {
        try PoolPair.run { pair in
            try pair.rig.driver.stop()
            try Host.run("fsfreeze", "--freeze", pair.disk.path)
            do {
                try pair.start()
                #expect(try Operator(pair.rig).get("/healthz").status == 200)
                try pair.expectOther()
            } catch {
                Issue.record(error)
            }
            try Host.run("fsfreeze", "--unfreeze", pair.disk.path)
        }
    }

    @Test("A disk that is mounted anew under another device number is the same pool")
    func otherNumber() throws {
        try PoolPair.run(on: .xfs) { pair in
            try Host.run("umount", pair.disk.path)
            let other = try Host.run("losetup", "--find", "--show", pair.disk.device.path)
            try Host.run("mount", other, pair.disk.path)
            try waitUntil("it is back") { try Operator(pair.rig).get("/healthz").status == 200 }
            #expect(try pair.rig.client.call(PoolPair.request("kept", "a")).volume?.volumeID == pair.id)
            try Host.run("umount", pair.disk.path)
            try Host.run("losetup", "--detach", other)
            try Host.run("mount", pair.disk.device.path, pair.disk.path)
        }
    }

    @Test("An inline volume is published and unpublished while the pool before its own is gone")
    func inline() throws {
        try PoolPair.run { pair in
            try Host.run("umount", pair.disk.path)
            let handle = "csi-" + String(repeating: "ab", count: 32)
            let target = "\(pair.rig.path)/target"
            _ = try pair.rig.client.call(
                CSI.NodePublishVolumeRequest(
                    volumeID: handle, targetPath: target, volumeCapability: Kind.ext4.capability(),
                    volumeContext: ["csi.storage.k8s.io/ephemeral": "true", "pool": "b", "size": "16Mi"]))
            try Host.write("x", to: "\(target)/file")
            for _ in 1...2 {
                _ = try pair.rig.client.call(
                    CSI.NodeUnpublishVolumeRequest(volumeID: handle, targetPath: target))
            }
            #expect(try Host.mounts(at: target) == 0)
            try waitUntil("nothing is left of it") { try pair.rig.files() == [] }
            try Host.run("mount", pair.disk.device.path, pair.disk.path)
        }
    }

    @Test("Where /etc/fstab has a disk that is not mounted, no pool is begun in the folder below")
    func tableOfMounts() throws {
        let table =
            "mkdir -p /run/loopcsi-node; mount -t tmpfs tmpfs /run/loopcsi-node; mount -t tmpfs tmpfs /mnt; mkdir /mnt/disk; echo '/dev/none /mnt/disk ext4 defaults 0 2' > /mnt/table; "
            + "mount --bind /mnt/table /etc/fstab"
        try Rig.run(.init(flags: Operator.flags, hostChanges: table, starts: false)) { rig in
            try rig.launch(pools: ["a=/mnt/disk/pool", "b=\(rig.poolFolder)"]).waitUntilReady()
            let page = try Operator(rig).get("/healthz")
            #expect(
                page.status == 503 && page.body.contains("/etc/fstab has a disk for /mnt/disk"), "\(page)")
            _ = try rig.client.call(CSI.ProbeRequest())
            try rig.client.refuses(PoolPair.request("v", "a"), .resourceExhausted, naming: "/etc/fstab")
            let root = "/proc/\(try rig.driver.processID)/root/mnt/disk"
            #expect(try Host.names(in: root) == [])
            // What an operator takes out of the table is begun at the next try.
            try Host.run("truncate", "--size=0", "/proc/\(try rig.driver.processID)/root/mnt/table")
            try waitUntil("it is begun") { try Operator(rig).get("/healthz").status == 200 }
        }
    }

    @Test("A driver whose one pool is gone serves what needs none, once it was served")
    func only() throws {
        try Rig.run(.init(filesystem: .ext4)) { rig in
            let life = try Life.published(rig)
            try rig.driver.stop()
            let disk = try #require(rig.poolFilesystem)
            try Host.run("umount", "--lazy", disk.path)
            try rig.start()
            try rig.client.refuses(CSI.ProbeRequest(), .failedPrecondition, naming: "was served there before")
            try rig.client.refuses(
                Kind.ext4.create("other"), .resourceExhausted, naming: "was served there before")
            #expect(try Host.names(in: disk.path) == [])
            try Host.run("mount", disk.device.path, disk.path)
            try waitUntil("it is back") { try rig.client.code(of: CSI.ProbeRequest()) == .ok }
            try life.end()
        }
    }
}
