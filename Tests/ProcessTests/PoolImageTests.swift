import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("A pool in a file on the host's own file system", .requiresRoot)
struct PoolImageTests {
    private func options(_ words: String = ",image=2GiB") -> Rig.Options {
        var options = Rig.Options()
        options.isInFile = true
        options.poolWords = ",reserve=0%\(words)"
        return options
    }

    /// Starts the driver with another setting of the pool.
    private func restart(_ rig: Rig, _ words: String) throws {
        _ = try rig.driver.stop()
        try rig.launch(pools: ["default=\(rig.poolFolder),reserve=0%\(words)"]).waitUntilReady()
    }

    private func device(_ rig: Rig) throws -> LoopDevice {
        let file = try #require(try FileStatus.at("\(rig.poolFolder)/pool.image"))
        let all = try LoopDevices.backed(by: file.identity)
        try #require(all.count == 1, "the file has the devices \(all)")
        return all[0]
    }

    @Test(
        "Blocks are shared there, so a raw disk in use and a mounted volume are cut, restored and cloned",
        arguments: [",image=2GiB", ",image=2GiB,image-allocation=sparse,image-fs=btrfs"])
    func snapshots(words: String) throws {
        try Rig.run(options(words)) { rig in
            #expect(rig.log.contains("features=reflink"))
            for kind in [Kind.ext4, .block] {
                let source = try Life.published(rig, kind)
                try source.count(to: 100)
                let snapshot = try source.cut()
                try source.count(to: 200)
                let restored = try Life.published(rig, kind, name: "restored", from: snapshot.asSource)
                let clone = try Life.published(rig, kind, name: "clone", from: source.asSource)
                #expect(try [source, restored, clone].map { try $0.counter() } == [200, 100, 200])
                let status = try #require(try source.device().status())
                #expect(status.directIO && status.blockSizeBytes == 4096)
                try rig.deleteSnapshot(snapshot)
                for life in [source, restored, clone] { try life.end() }
            }
        }
    }

    @Test("A pod that writes sees nothing of SIGKILL, SIGTERM and restarts, which find device and mount")
    func restarts() throws {
        try Rig.run(options()) { rig in
            let life = try Life.published(rig, .xfs)
            let found = try (device(rig), life.device())
            let script =
                "i=0; while [ ! -e \(rig.path)/stop ]; do i=$((i+1)); echo $i >> \(life.target)/log && "
                + "sync \(life.target)/log || exit 1; done"
            _ = try together(2) { number in
                if number == 0 {
                    try TestTool.run("sh", ["-c", script])
                } else {
                    defer { _ = try? Host.write("", to: "\(rig.path)/stop") }
                    for round in 1...6 {
                        if round % 2 == 0 { try rig.driver.kill9() } else { _ = try rig.driver.stop() }
                        #expect(try Host.mounts(at: rig.pool) == 1)
                        try rig.start()
                        #expect(try life.stats().volumeCondition?.abnormal == false)
                    }
                }
            }
            #expect(try found == (device(rig), life.device()))
            #expect(try Host.mounts(at: rig.pool) == 1)
            try TestTool.run("awk", ["{ if ($1 != NR) exit 1 } END { exit NR == 0 }", "\(life.target)/log"])
            try life.end()
        }
    }

    @Test("After a reboot the pool is attached and mounted again, and its volumes are there with their data")
    func reboot() throws {
        try Rig.run(options()) { rig in
            let life = try Life.published(rig, .ext4)
            try life.count(to: 100)
            let snapshot = try life.cut()
            try rig.driver.kill9()
            try KernelLeaks.clear(below: rig.path)
            #expect(try !Host.exists("\(rig.pool)/pool.json"))
            try rig.start()
            try life.stage()
            try life.publish()
            #expect(try life.counter() == 100)
            #expect(try rig.snapshots().entries.count == 1)
            try rig.deleteSnapshot(snapshot)
            try life.end()
        }
    }

    @Test("A raised number is room at the next start, while a volume is in use; a lower one changes nothing")
    func growth() throws {
        try Rig.run(options(",image=1GiB")) { rig in
            let life = try Life.published(rig, .ext4)
            let before = try rig.available()
            try restart(rig, ",image=3GiB")
            let after = try rig.available()
            #expect(after > before + 2000 << 20)
            try rig.client.refuses(Kind.block.create("big", bytes: after + 1 << 20), .resourceExhausted)
            try Life(rig, .block, name: "big", bytes: after / 100 * 95 / 4096 * 4096).delete()
            try restart(rig, ",image=1GiB")
            try waitUntil("the deleted volume's blocks are back") {
                try abs(rig.available() - after) < 1 << 20
            }
            #expect(rig.log.contains("never made smaller"))
            try life.count(to: 1)
            try life.end()
        }
    }

    @Test("Killed at any moment of its first start, the next one comes to a whole pool", arguments: 1...4)
    func killed(seed: Int) throws {
        var options = options(",image=1GiB")
        options.starts = false
        try Rig.run(options) { rig in
            var random = Seeded(UInt64(seed))
            for _ in 1...6 {
                let driver = try rig.launch()
                Clock.sleep(nanoseconds: Int64(random.next() % 60_000_000))
                driver.kill9()
            }
            try rig.start()
            let names = try Host.names(in: rig.poolFolder)
            #expect(names == ["pool", "pool.image", "pool.image.json"])
            let file = try #require(try FileStatus.at("\(rig.poolFolder)/pool.image"))
            #expect(file.sizeBytes == 1 << 30 && file.allocatedBytes >= file.sizeBytes)
            let life = try Life.published(rig)
            try life.end()
            _ = try device(rig)
        }
    }

    @Test("A driver in another mount namespace mounts the attached pool there and knows its volumes in use")
    func otherNamespace() throws {
        var options = options()
        options.isAlone = true
        // As in a container: what the driver mounts is gone with it.
        options.hostChanges = "true"
        try Rig.run(options) { rig in
            let life = try Life(rig, .block)
            try life.stage()
            let pool = try device(rig)
            let image = try #require(
                try LoopDevices.allWithStatus().first {
                    // The image lies on the pool's device, as no image of another test does.
                    $0.status.backing.device == UInt64(pool.deviceNumber.major) << 32
                        | UInt64(pool.deviceNumber.minor)
                })
            try rig.driver.kill9()
            let content = [UInt8](repeating: 0x5A, count: 4096)
            try OwnedDescriptor.open(image.device.path, .readWrite).pwrite(content, offset: 0)
            #expect(try Host.mounts(at: rig.pool) == 0)
            try rig.start()
            #expect(try device(rig) == pool)
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            try life.stage()
            let devices = try LoopDevices.backed(by: image.status.backing)
            #expect(devices == [image.device])
            try life.unstage()
            #expect(try image.device.status()?.backing != image.status.backing)
            try life.delete()
        }
    }

    @Test("A host without room is an error in a sentence, and nothing is left")
    func noRoom() throws {
        var options = options(",image=512TiB")
        options.starts = false
        try Rig.run(options) { rig in
            let driver = try rig.launch()
            #expect(try driver.waitForEnd() == .exited(1))
            #expect(rig.log.contains("image-allocation=sparse"))
            #expect(try Host.names(in: rig.poolFolder) == [])
        }
    }
}
