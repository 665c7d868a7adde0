import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Freezes", .requiresRoot)
struct SnapshotFreezeTests {
    @Test(
        "A writer goes on without an error while it is cut, and each restore is clean",
        arguments: Kind.mounted)
    func writer(kind: Kind) throws {
        try Rig.run(.init(filesystem: .xfs, poolBytes: 4 << 30)) { rig in
            let source = try Life.published(rig, kind)
            let file = "\(source.target)/log"
            let script =
                "i=0; while [ ! -e \(rig.path)/stop ]; do i=$((i+1)); echo $i >> \(file) || exit 1; done; sync \(file)"
            _ = try together(2) { number in
                if number == 0 {
                    try TestTool.run("sh", ["-c", script])
                } else {
                    defer { _ = try? Host.write("", to: "\(rig.path)/stop") }
                    for round in 1...5 {
                        let snapshot = try source.cut("snap-\(round)")
                        let life = try Life.published(
                            rig, kind, name: "copy-\(round)", from: snapshot.asSource)
                        // Numbers in order without a gap: nothing that was written is torn or missing in the middle.
                        try TestTool.run(
                            "awk", ["{ if ($1 != NR) exit 1 } END { exit NR == 0 }", "\(life.target)/log"])
                        try life.unpublish()
                        try life.unstage()
                        try check(kind, life.image)
                        try life.delete()
                        try rig.deleteSnapshot(snapshot)
                    }
                }
            }
            #expect(try rig.freezeNotes() == [])
            try source.end()
        }
    }

    private func check(_ kind: Kind, _ image: String) throws {
        switch kind {
        case .ext4: try TestTool.run("e2fsck", ["-f", "-n", image])
        case .xfs: try TestTool.run("xfs_repair", ["-n", image])
        case .btrfs: try TestTool.run("btrfs", ["check", image])
        case .block: break
        }
    }

    @Test(
        "A copy that would hold a mounted volume too long is refused with the remedy, and made once it is unmounted"
    )
    func tooLong() throws {
        let options = Rig.Options(filesystem: .ext4, poolBytes: 2 << 30, flags: ["--freeze-limit", "1"])
        try Rig.run(options) { rig in
            let source = try Life.published(rig, bytes: 384 << 20)
            let words = ["if=/dev/urandom", "of=\(source.target)/data", "bs=1M", "count=200", "status=none"]
            try TestTool.run("dd", words)
            try Host.run("sync", "-f", source.target)
            try rig.client.refuses(source.cutRequest(), .failedPrecondition, naming: "unmount", "XFS")
            try rig.client.refuses(
                source.kind.create("copy", bytes: 384 << 20, from: source.asSource), .failedPrecondition,
                naming: "unmount")
            #expect(try rig.files() == ["volumes/vol"])
            try Host.write("x", to: "\(source.target)/goes-on")
            try source.unpublish()
            try source.unstage()
            try rig.deleteSnapshot(source.cut())
            try source.end()
        }
    }

    @Test(
        "A driver that was killed while a volume was frozen thaws it before it serves again",
        arguments: Kind.mounted)
    func killed(kind: Kind) throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let source = try Life.published(rig, kind)
            try rig.driver.kill9()
            // What the driver leaves when it dies between freeze and thaw. In this order, as any driver of the machine that
            // starts meanwhile, such as that of another test, thaws what is noted.
            try Host.run("fsfreeze", "--freeze", source.staging)
            try Host.makeFolders("/run/loopcsi-node/frozen")
            try Host.write(source.staging, to: "/run/loopcsi-node/frozen/\(source.id)")
            try rig.start()
            try Host.write("x", to: "\(source.target)/file")
            #expect(try rig.freezeNotes() == [])
            try source.end()
        }
    }

    @Test("A volume that another program keeps frozen is left alone, and cut when it is thawed")
    func foreign() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let source = try Life.published(rig)
            try Host.run("fsfreeze", "--freeze", source.target)
            let start = Clock.monotonicNanoseconds
            let answer = Result {
                try rig.client.refuses(source.cutRequest(), .failedPrecondition, naming: "frozen")
            }
            #expect(Clock.monotonicNanoseconds - start < 5_000_000_000)
            // Only what is frozen can be thawed.
            try Host.run("fsfreeze", "--unfreeze", source.target)
            _ = try answer.get()
            #expect(try rig.files() == ["volumes/vol"])
            #expect(try rig.freezeNotes() == [])
            try rig.deleteSnapshot(source.cut())
            try source.end()
        }
    }

    @Test("What a killed driver was building is swept, and the repeat of the call makes it")
    func swept() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let source = try Life(rig)
            try rig.driver.kill9()
            try Host.makeFolder("\(rig.pool)/staging/snap.0000")
            try Host.write("half", to: "\(rig.pool)/staging/snap.0000/image")
            try rig.start()
            #expect(try rig.files() == ["volumes/vol"])
            try rig.deleteSnapshot(source.cut())
            try source.end()
        }
    }
}
