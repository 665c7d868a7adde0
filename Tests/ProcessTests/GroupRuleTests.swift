import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Rules of groups, and bad days", .requiresRoot)
struct GroupRuleTests {
    @Test(
        "Members that cannot be in one group are refused, each with its code, and nothing is left of the attempts"
    )
    func refusals() throws {
        try Rig.run(.init(filesystem: .xfs, starts: false)) { rig in
            let second = "\(rig.path)/second"
            try rig.launch(pools: ["default=\(rig.pool)", "second=\(second)"]).waitUntilReady()
            let (a, b) = (try Life.published(rig, name: "a"), try Life(rig, name: "b"))
            let other = try Life(rig, name: "other", parameters: ["pool": "second"])
            let disk = try Life.published(rig, .block, name: "disk")
            let before = (try rig.files(), try rig.available())
            func refuses(_ code: CSICode, _ ids: [String], _ word: String) throws {
                try rig.client.refuses(
                    CSI.CreateVolumeGroupSnapshotRequest(name: "group", sourceVolumeIDs: ids), code,
                    naming: word)
            }
            let pool = try #require(a.id.split(separator: ".").first)
            try refuses(.invalidArgument, [], "source_volume_ids")
            try refuses(.invalidArgument, [a.id, b.id, a.id], "twice")
            try refuses(.notFound, [a.id, "\(pool).nobody"], "nobody")
            try refuses(.notFound, [a.id, "nonsense"], "nonsense")
            try refuses(.failedPrecondition, [a.id, "00000000000000aa.vol"], "not on this node")
            try refuses(.failedPrecondition, [a.id, other.id], "different pools")
            try refuses(.failedPrecondition, [a.id, disk.id], "raw disk")
            #expect(try rig.files() == before.0)
            try waitUntil("the room is as before") { try abs(rig.available() - before.1) < 1 << 20 }
            #expect(try rig.freezeNotes() == [])
            try Host.write("x", to: "\(a.target)/goes-on")
            // A raw disk that nobody can write to is as good as any other.
            try disk.unpublish()
            let group = try rig.cutGroup([a, disk])
            try rig.client.refuses(rig.groupRequest([a, b]), .alreadyExists)
            try rig.client.refuses(rig.groupRequest([a]), .alreadyExists)
            try rig.deleteGroup(group)
            for life in [a, b, other, disk] { try life.end() }
            try waitUntil("the second pool is empty") { try Host.names(in: "\(second)/trash").isEmpty }
        }
    }

    @Test("A group that another program keeps partly frozen is refused, and none of its volumes stays frozen")
    func foreignFreeze() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let lives = try ["a", "b"].map { try Life.published(rig, name: $0) }
            for (frozen, free) in [(lives[0], lives[1]), (lives[1], lives[0])] {
                try Host.run("fsfreeze", "--freeze", frozen.target)
                do {
                    defer { _ = try? Host.run("fsfreeze", "--unfreeze", frozen.target) }
                    try rig.client.refuses(rig.groupRequest(lives), .failedPrecondition, naming: "frozen")
                    try Host.write("x", to: "\(free.target)/goes-on")
                }
                #expect(try rig.files() == ["volumes/a", "volumes/b"])
                #expect(try rig.freezeNotes() == [])
            }
            try rig.deleteGroup(rig.cutGroup(lives))
            for life in lives { try life.end() }
        }
    }

    @Test(
        "Copies that together would hold mounted volumes too long are refused, and made once they are unmounted"
    )
    func tooLong() throws {
        let options = Rig.Options(filesystem: .ext4, poolBytes: 2 << 30, flags: ["--freeze-limit", "1"])
        try Rig.run(options) { rig in
            let lives = try ["a", "b"].map { name in
                let life = try Life.published(rig, name: name, bytes: 128 << 20)
                let words = ["if=/dev/urandom", "of=\(life.target)/data", "bs=1M", "count=60", "status=none"]
                try TestTool.run("dd", words)
                try Host.run("sync", "-f", life.target)
                return life
            }
            // One alone would be tried.
            try rig.client.refuses(
                rig.groupRequest(lives), .failedPrecondition, naming: "the group", "unmount", "XFS")
            #expect(try rig.files() == ["volumes/a", "volumes/b"])
            for life in lives {
                try Host.write("x", to: "\(life.target)/goes-on")
                try life.unpublish()
                try life.unstage()
            }
            try rig.deleteGroup(rig.cutGroup(lives))
            for life in lives { try life.end() }
        }
    }

    @Test(
        "A driver that is killed at any moment of a cut or a deletion leaves all of the group or nothing, and nothing frozen",
        arguments: TestPool.Filesystem.allCases)
    func killed(pool: TestPool.Filesystem) throws {
        try Rig.run(.init(filesystem: pool, poolBytes: 4 << 30)) { rig in
            let lives = try ["a", "b", "c"].map {
                try Life.published(rig, name: $0, parameters: ["provisioning": "thin"])
            }
            for life in lives { try life.count(to: 5) }
            // How long a cut takes here, so that the kills fall on all of it.
            let start = Clock.monotonicNanoseconds
            try rig.deleteGroup(rig.cutGroup(lives))
            let nanoseconds = Clock.monotonicNanoseconds - start
            var (all, none) = (0, 0)
            for round in 0..<16 {
                let client = rig.client
                let request = rig.groupRequest(lives)
                let cut = try OwnThread.start(name: "cut") {
                    // Ends with the driver, in whatever way.
                    _ = try? client.call(client.call(request).groupSnapshot.map(rig.deleteRequest) ?? .init())
                }
                Clock.sleep(nanoseconds: nanoseconds * Int64(round) / 14)
                try rig.restartAfterKill()
                // On a busy machine the thread begins so late that its calls go to the next driver.
                try cut.join()
                #expect(try rig.freezeNotes() == [])
                for life in lives { try life.count(to: 5) }
                let listed = try rig.snapshots().entries.compactMap(\.snapshot)
                #expect(listed.isEmpty || listed.count == lives.count, "\(listed)")
                if listed.isEmpty { none += 1 } else { all += 1 }
                #expect(try rig.files().filter { $0.hasPrefix("staging/") }.isEmpty)
                let group = try rig.cutGroup(lives)
                #expect(listed.isEmpty || listed == group.snapshots)
                let copy = try Life.published(rig, name: "copy", from: group.snapshots[2].asSource)
                #expect(try copy.counter() == 5)
                try copy.end()
                try rig.deleteGroup(group)
            }
            #expect(none > 0, "all \(all), none \(none)")
            for life in lives { try life.end() }
        }
    }

    @Test(
        "A driver that is killed while all of a group are frozen thaws all of them at its start, and nothing is seen of it"
    )
    func killedWhileFrozen() throws {
        try Rig.run(.init(filesystem: .ext4, poolBytes: 3 << 30, flags: ["--freeze-limit", "60"])) { rig in
            let lives = try ["a", "b"].map { name in
                let life = try Life.published(
                    rig, name: name, bytes: 256 << 20, parameters: ["provisioning": "thin"])
                let words = [
                    "if=/dev/urandom", "of=\(life.target)/data", "bs=1M", "count=120", "status=none",
                ]
                try TestTool.run("dd", words)
                return life
            }
            let client = rig.client
            let request = rig.groupRequest(lives)
            _ = try OwnThread.start(name: "cut") {
                // Ends with the driver.
                _ = try? client.call(request)
            }
            try waitUntil("copying began") {
                try Host.names(in: "\(rig.pool)/staging").contains { building in
                    let image = try FileStatus.at("\(rig.pool)/staging/\(building)/0/image")
                    return (image?.allocatedBytes ?? 0) > 0
                }
            }
            try rig.driver.kill9()
            for life in lives {
                do throws(SystemError) {
                    try OwnedDescriptor.open(life.target, .readOnly).freezeFilesystem()
                    Issue.record("\(life.name) was not frozen")
                } catch {
                    #expect(error.errno == .busy)
                }
            }
            #expect(try rig.freezeNotes().count == 2)
            try rig.start()
            for life in lives { try Host.write("x", to: "\(life.target)/goes-on") }
            #expect(try rig.freezeNotes() == [])
            #expect(try rig.files() == ["volumes/a", "volumes/b"])
            #expect(try rig.snapshots().entries.isEmpty)
            for life in lives { try life.end() }
        }
    }

    @Test(
        "Groups with common volumes that are cut at once end with one or the other, ABORTED or OK, and no deadlock"
    )
    func atOnce() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let lives = try ["a", "b", "c"].map {
                try Life.published(rig, name: $0, bytes: 16 << 20, parameters: ["provisioning": "thin"])
            }
            let codes = try together(8) { number in
                let members = number.isMultiple(of: 2) ? lives : lives.reversed()
                return try (0..<5).map { round in
                    try rig.client.code(of: rig.groupRequest(members, "group-\(number)-\(round)"))
                }
            }.flatMap { $0 }
            #expect(codes.allSatisfy { $0 == .ok || $0 == .aborted }, "\(codes)")
            let listed = try rig.snapshots().entries.compactMap(\.snapshot)
            #expect(listed.count == codes.count { $0 == .ok } * lives.count && !listed.isEmpty)
            for id in Set(listed.map(\.groupSnapshotID)) {
                let members = listed.filter { $0.groupSnapshotID == id }.map(\.snapshotID)
                _ = try rig.client.call(
                    CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: id, snapshotIDs: members))
            }
            for life in lives { try life.end() }
        }
    }
}
