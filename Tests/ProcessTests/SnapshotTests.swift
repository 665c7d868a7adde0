import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Snapshots, restores and clones", .requiresRoot)
struct SnapshotTests {
    static let pools = TestPool.Filesystem.allCases

    private func rig(_ pool: TestPool.Filesystem, _ body: (Rig) throws -> Void) throws {
        try Rig.run(.init(filesystem: pool, poolBytes: 4 << 30)) { rig in
            let before = try rig.available()
            try body(rig)
            #expect(try rig.snapshots().entries.isEmpty)
            #expect(try rig.freezeNotes() == [])
            // The blocks of what was deleted come back a moment later, from btrfs with its next commit.
            if pool == .btrfs { return }
            try waitUntil("the pool is as it was") { try abs(rig.available() - before) < 16 << 20 }
        }
    }

    @Test(
        "Count to 100, snapshot, count on to 200: the restore says 100 and the source 200, both mounted at once",
        arguments: Kind.mounted, pools)
    func counter(kind: Kind, pool: TestPool.Filesystem) throws {
        try rig(pool) { rig in
            let source = try Life.published(rig, kind)
            for number in stride(from: 10, through: 100, by: 10) { try source.count(to: number) }
            let snapshot = try source.cut()
            #expect(snapshot.sizeBytes == kind.bytes)
            for number in stride(from: 110, through: 200, by: 10) { try source.count(to: number) }
            let restored = try Life.published(rig, kind, name: "restored", from: snapshot.asSource)
            #expect(try restored.counter() == 100)
            #expect(try source.counter() == 200)
            try restored.count(to: 300)
            #expect(try source.counter() == 200)
            let clone = try Life.published(rig, kind, name: "clone", from: source.asSource)
            #expect(try clone.counter() == 200)
            let third = try Life.published(rig, kind, name: "third", from: restored.asSource)
            #expect(try third.counter() == 300)
            // In either order: the source goes before its snapshot, and the snapshot before what was made from it.
            try source.end()
            let again = try Life.published(rig, kind, name: "again", from: snapshot.asSource)
            #expect(try again.counter() == 100)
            try rig.deleteSnapshot(snapshot)
            try rig.deleteSnapshot(snapshot)
            #expect(try restored.counter() == 300)
            for life in [restored, clone, third, again] { try life.end() }
        }
    }

    @Test(
        "A raw disk is cut and cloned as it is, with what its page cache holds",
        arguments: [TestPool.Filesystem.xfs, .btrfs])
    func block(pool: TestPool.Filesystem) throws {
        try rig(pool) { rig in
            let source = try Life.published(rig, .block)
            try source.count(to: 100)
            let snapshot = try source.cut()
            try source.count(to: 200)
            let restored = try Life.published(rig, .block, name: "restored", from: snapshot.asSource)
            let clone = try Life.published(rig, .block, name: "clone", from: source.asSource)
            #expect(try [source, restored, clone].map { try $0.counter() } == [200, 100, 200])
            try rig.deleteSnapshot(snapshot)
            for life in [source, restored, clone] { try life.end() }
        }
    }

    @Test("Where blocks cannot be shared, a raw disk in use is not copied, and one that is staged only is")
    func blockWithoutReflink() throws {
        try rig(.ext4) { rig in
            let source = try Life.published(rig, .block)
            try source.count(to: 100)
            try rig.client.refuses(source.cutRequest(), .failedPrecondition, naming: "in use", "XFS")
            try source.unpublish()
            let snapshot = try source.cut()
            let restored = try Life.published(rig, .block, name: "restored", from: snapshot.asSource)
            #expect(try restored.counter() == 100)
            try rig.deleteSnapshot(snapshot)
            try restored.end()
            try source.end()
        }
    }

    @Test(
        "What a pod wrote last is in a snapshot of its volume that is still staged",
        arguments: Kind.allCases, pools)
    func staged(kind: Kind, pool: TestPool.Filesystem) throws {
        try rig(pool) { rig in
            let source = try Life.published(rig, kind)
            try source.count(to: 7)
            try source.unpublish()
            let snapshot = try source.cut()
            let restored = try Life.published(rig, kind, name: "restored", from: snapshot.asSource)
            #expect(try restored.counter() == 7)
            try rig.deleteSnapshot(snapshot)
            try restored.end()
            try source.end()
        }
    }

    @Test("A crash-consistent copy mounts beside its source", arguments: Kind.mounted, pools)
    func crash(kind: Kind, pool: TestPool.Filesystem) throws {
        try rig(pool) { rig in
            let source = try Life.published(rig, kind)
            try source.count(to: 55)
            try Host.run("sync", "\(source.target)/counter")
            let snapshot = try source.cut("snap", ["consistency": "crash"])
            try rig.client.refuses(source.cutRequest("other", ["consistency": "maybe"]), .invalidArgument)
            let restored = try Life.published(rig, kind, name: "restored", from: snapshot.asSource)
            #expect(try restored.counter() == 55)
            try rig.deleteSnapshot(snapshot)
            try restored.end()
            try source.end()
        }
    }

    @Test("A volume that was never staged is cut, cloned and restored", arguments: Kind.allCases, pools)
    func untouched(kind: Kind, pool: TestPool.Filesystem) throws {
        try rig(pool) { rig in
            let source = try Life(rig, kind)
            let snapshot = try source.cut()
            let restored = try Life.published(rig, kind, name: "restored", from: snapshot.asSource)
            let clone = try Life.published(rig, kind, name: "clone", from: source.asSource)
            try rig.deleteSnapshot(snapshot)
            for life in [source, restored, clone] { try life.end() }
        }
    }

    @Test(
        "A larger copy has a larger file system, thick or thin, and a thick one occupies its size",
        arguments: Kind.allCases, pools)
    func larger(kind: Kind, pool: TestPool.Filesystem) throws {
        try rig(pool) { rig in
            let source = try Life.published(rig, kind, parameters: ["provisioning": "thin"])
            try source.count(to: 42)
            try source.unpublish()
            let snapshot = try source.cut()
            for (index, provisioning) in ["thick", "thin"].enumerated() {
                let bytes = kind.bytes * 2
                let copy = try Life.published(
                    rig, kind, name: "copy-\(index)", bytes: bytes,
                    parameters: ["provisioning": provisioning],
                    from: snapshot.asSource)
                #expect(try copy.counter() == 42)
                #expect(try copy.device().sizeBytes() == bytes)
                #expect(try kind == .block || copy.stats().usage[0].total > bytes / 10 * 7)
                let allocated = try #require(try FileStatus.at(copy.image)).allocatedBytes
                #expect(provisioning == "thick" ? allocated >= bytes : allocated < bytes)
                try copy.end()
            }
            try rig.deleteSnapshot(snapshot)
            try source.end()
        }
    }

    @Test("Twenty volumes from one snapshot at once", arguments: pools)
    func many(pool: TestPool.Filesystem) throws {
        try rig(pool) { rig in
            let source = try Life.published(rig)
            try source.count(to: 9)
            let snapshot = try source.cut()
            let lives = try together(20) { number in
                let life = try Life.published(rig, name: "copy-\(number)", from: snapshot.asSource)
                #expect(try life.counter() == 9)
                return life
            }
            for life in lives { try life.end() }
            try rig.deleteSnapshot(snapshot)
            try source.end()
        }
    }
}
