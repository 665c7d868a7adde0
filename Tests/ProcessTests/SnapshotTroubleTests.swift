import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Snapshots on bad days", .requiresRoot)
struct SnapshotTroubleTests {
    /// Runs the body with a mounted thin volume that holds so much data, in a pool that copies bit by bit.
    private func copying(
        mebibytes: Int, poolBytes: Int64 = 2 << 30, _ body: (Rig, Life) throws -> Void
    ) throws {
        let options = Rig.Options(
            filesystem: .ext4, poolBytes: poolBytes, poolWords: ",reserve=0%,overcommit=100")
        try Rig.run(options) { rig in
            let source = try Life.published(rig, bytes: 640 << 20, parameters: ["provisioning": "thin"])
            try source.fill(mebibytes: mebibytes)
            try body(rig, source)
            try source.overwrite()
            #expect(try rig.freezeNotes() == [])
            try source.unpublish()
            try source.unstage()
            try source.checkFilesystem()
            try source.delete()
        }
    }

    @Test("A pool that fills up in the middle of a copy is RESOURCE_EXHAUSTED, without a trace, and thawed")
    func full() throws {
        try copying(mebibytes: 256, poolBytes: 1 << 30) { rig, source in
            let digest = try source.digest()
            // A snapshot of a mounted volume, a clone of it, and a restore.
            var kept: CSI.Snapshot?
            for attempt in ["cut", "clone", "restore"] {
                if attempt == "restore" { kept = try source.cut("kept") }
                let before = try rig.files()
                let from = kept?.asSource ?? source.asSource
                let request = Kind.ext4.create(
                    "copy", bytes: 640 << 20, parameters: ["provisioning": "thin"], from: from)
                let codes = try together(2) { number -> CSICode? in
                    guard number == 0 else {
                        try rig.waitForCopying()
                        try rig.takeAllSpace()
                        return nil
                    }
                    return attempt == "cut"
                        ? try rig.client.code(of: source.cutRequest()) : try rig.client.code(of: request)
                }
                #expect(Set(codes) == [nil, .resourceExhausted], "\(attempt)")
                #expect(try rig.files() == before, "\(attempt)")
                #expect(try rig.freezeNotes() == [])
                try rig.giveSpaceBack()
                try Host.write("goes on", to: "\(source.target)/\(attempt)")
                #expect(try source.digest() == digest)
            }
            let copy = try Life(
                rig, name: "copy", bytes: 640 << 20, parameters: ["provisioning": "thin"],
                from: try #require(kept).asSource)
            try copy.checkFilesystem()
            try copy.delete()
            try rig.deleteSnapshot(try #require(kept))
        }
    }

    @Test("A driver that is asked to stop gives a copy up at once and thaws; the repeat makes it")
    func stopped() throws {
        try copying(mebibytes: 512) { rig, source in
            let codes = try together(2) { number -> CSICode? in
                guard number == 1 else { return try rig.client.code(of: source.cutRequest()) }
                try rig.waitForCopying()
                #expect(try rig.driver.stop() == .exited(0))
                return nil
            }
            #expect(Set(codes) == [nil, .unavailable])
            #expect(try rig.files() == ["volumes/vol"])
            try source.overwrite()
            try rig.start()
            try rig.deleteSnapshot(source.cut())
        }
    }

    @Test("A driver that is killed in the middle of a copy thaws and sweeps when it is started again")
    func killed() throws {
        try copying(mebibytes: 512) { rig, source in
            _ = try together(2) { number in
                guard number == 1 else {
                    do {
                        try source.cut()
                        Issue.record("the driver answered before it was killed")
                    } catch {
                        // The connection is gone.
                    }
                    return
                }
                try rig.waitForCopying()
                try rig.driver.kill9()
            }
            #expect(try rig.files().count == 2)
            try rig.start()
            // Whichever driver of the machine started first has thawed it, that of another test perhaps.
            #expect(try rig.freezeNotes() == [])
            #expect(try rig.files() == ["volumes/vol"])
            try source.overwrite()
            try rig.deleteSnapshot(source.cut())
        }
    }

    @Test("Where two files of a reflink pool cannot share blocks, data is copied by the rules of other pools")
    func cloneRefused() throws {
        let options = Rig.Options(filesystem: .btrfs, poolBytes: 2 << 30, flags: ["--freeze-limit", "1"])
        try Rig.run(options) { rig in
            func handmade(_ kind: Kind, _ name: String, _ bytes: Int64) throws -> Life {
                let life = try Life(
                    rig, kind, name: name, bytes: bytes, parameters: ["provisioning": "thin"])
                // An image that somebody put back from a backup has checksums, those that the driver makes have none.
                try Host.run("cp", "--reflink=never", "--sparse=always", life.image, "\(life.folder)/new")
                try Host.run("mv", "\(life.folder)/new", life.image)
                try life.stage()
                try life.publish()
                return life
            }
            let source = try handmade(.ext4, "vol", 256 << 20)
            try source.count(to: 7)
            let snapshot = try source.cut()
            #expect(rig.log.contains("blocks cannot be shared"))
            try source.count(to: 8)
            let copies = try [
                Life.published(rig, name: "restored", bytes: 256 << 20, from: snapshot.asSource),
                Life.published(rig, name: "clone", bytes: 256 << 20, from: source.asSource),
            ]
            #expect(try copies.map { try $0.counter() } == [7, 8])
            try source.fill(mebibytes: 150)
            try rig.client.refuses(
                source.cutRequest("late"), .failedPrecondition, naming: "frozen", "unmount")
            let disk = try handmade(.block, "disk", 16 << 20)
            try rig.client.refuses(disk.cutRequest("raw"), .failedPrecondition, naming: "in use")
            try disk.unpublish()
            try rig.deleteSnapshot(disk.cut("raw"))
            #expect(try rig.files().filter { $0.hasPrefix("staging/") } == [])
            for life in copies + [source, disk] { try life.end() }
            try rig.deleteSnapshot(snapshot)
        }
    }

    @Test("A file system that broke down is not cut as if it were whole; as a crash left it, it is")
    func broken() throws {
        try Rig.run(.init(filesystem: .xfs, poolBytes: 2 << 30)) { rig in
            for kind in [Kind.xfs, .ext4] {
                let source = try Life.published(rig, kind)
                try source.count(to: 5)
                try Host.run("sync", "-f", source.target)
                if kind == .xfs {
                    try Host.run("xfs_io", "-x", "-c", "shutdown", source.target)
                } else {
                    let trigger = "/sys/fs/ext4/loop\(try source.device().number)/trigger_fs_error"
                    try TestTool.run("sh", ["-c", "echo broken > \(trigger)"])
                }
                let start = Clock.monotonicNanoseconds
                try rig.client.refuses(
                    source.cutRequest(), .failedPrecondition, naming: "unmount", "consistency: crash")
                try rig.client.refuses(kind.create("copy", from: source.asSource), .failedPrecondition)
                #expect(Clock.monotonicNanoseconds - start < 5_000_000_000)
                #expect(try rig.files() == ["volumes/vol"])
                let crash = try source.cut("snap", ["consistency": "crash"])
                let restored = try Life.published(rig, kind, name: "restored", from: crash.asSource)
                #expect(try restored.counter() == 5)
                try source.unpublish()
                try source.unstage()
                try source.stage()
                try source.publish()
                try rig.deleteSnapshot(source.cut("whole"))
                try rig.deleteSnapshot(crash)
                for life in [source, restored] { try life.end() }
            }
        }
    }

    @Test(
        "A copy of an ext4 has a UUID of its own, whatever its source was doing",
        arguments: ["frozen", "crash"])
    func uuids(consistency: String) throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let source = try Life.published(rig)
            for number in 1...3 {
                try source.count(to: number, at: source.target)
                try Host.run("sync", "\(source.target)/counter")
            }
            let snapshot = try source.cut("snap", ["consistency": consistency])
            let copies = try (1...2).map { try Life(rig, name: "copy-\($0)", from: snapshot.asSource) }
            #expect(Set(try ([source] + copies).map { try $0.uuid() }).count == 3)
            for copy in copies {
                try copy.checkFilesystem()
                try copy.stage()
                try copy.publish()
                #expect(try copy.counter() == 3)
            }
            try source.unpublish()
            try source.unstage()
            let third = try Life(rig, name: "third", from: source.asSource)
            #expect(try third.uuid() != source.uuid())
            for life in copies + [source, third] { try life.end() }
            try rig.deleteSnapshot(snapshot)
        }
    }
}
