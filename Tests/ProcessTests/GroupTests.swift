import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Groups of snapshots", .requiresRoot)
struct GroupTests {
    /// The numbers that restores of the two snapshots hold.
    private func numbers(
        _ rig: Rig, _ kind: Kind, _ snapshots: [CSI.Snapshot]
    ) throws -> (first: Int, second: Int) {
        var found: [Int] = []
        for (index, snapshot) in snapshots.enumerated() {
            let life = try Life.published(rig, kind, name: "copy-\(index)", from: snapshot.asSource)
            found.append(try OrderedWriter.number(in: life.target))
            try life.end()
        }
        return (found[0], found[1])
    }

    @Test(
        "A writer that writes to A and then to B is never found ahead in B, in any group",
        arguments: [(TestPool.Filesystem.xfs, Kind.ext4), (.xfs, .xfs), (.btrfs, .btrfs), (.ext4, .ext4)])
    func writeOrder(pool: TestPool.Filesystem, kind: Kind) throws {
        try Rig.run(.init(filesystem: pool, poolBytes: 4 << 30)) { rig in
            let lives = try ["a", "b"].map {
                try Life.published(rig, kind, name: $0, parameters: ["provisioning": "thin"])
            }
            let writer = try OrderedWriter(lives[0].target, lives[1].target)
            var last = 0
            for round in 1...20 {
                let isReversed = round.isMultiple(of: 2)
                let group = try rig.cutGroup(isReversed ? lives.reversed() : lives, "group-\(round)")
                let snapshots = isReversed ? group.snapshots.reversed() : group.snapshots
                let (first, second) = try numbers(rig, kind, snapshots)
                #expect(first == second || first == second + 1, "A holds \(first), B holds \(second)")
                #expect(second >= last)
                last = second
                try rig.deleteGroup(group)
                try writer.waitFor(2)
            }
            // That the look would notice: snapshots that are cut one after the other are not of one moment.
            let early = try lives[0].cut("early")
            try writer.waitFor(2)
            let late = try lives[1].cut("late")
            let (first, second) = try numbers(rig, kind, [early, late])
            #expect(second > first)
            try writer.stop()
            for snapshot in [early, late] { try rig.deleteSnapshot(snapshot) }
            #expect(try rig.freezeNotes() == [])
            for life in lives { try life.end() }
        }
    }

    @Test(
        "A group of unmounted volumes of all kinds is cut on every pool",
        arguments: TestPool.Filesystem.allCases)
    func unmounted(pool: TestPool.Filesystem) throws {
        try Rig.run(.init(filesystem: pool, poolBytes: 4 << 30)) { rig in
            let lives = try Kind.allCases.map { kind in
                let life = try Life.published(
                    rig, kind, name: kind.rawValue, parameters: ["provisioning": "thin"])
                try life.count(to: 41)
                try life.unpublish()
                if kind != .block { try life.unstage() }
                return life
            }
            let group = try rig.cutGroup(lives)
            for (life, snapshot) in zip(lives, group.snapshots) {
                try life.publishAgain()
                try life.count(to: 42)
                let copy = try Life.published(
                    rig, life.kind, name: "copy-\(life.name)", from: snapshot.asSource)
                #expect(try copy.counter() == 41)
                #expect(try life.counter() == 42)
                try copy.end()
                try life.end()
            }
            try rig.deleteGroup(group)
        }
    }

    @Test("What was written last to mounted volumes is in the group, and what comes later is not")
    func mounted() throws {
        try Rig.run(.init(filesystem: .xfs, poolBytes: 4 << 30)) { rig in
            let lives = try Kind.mounted.map { try Life.published(rig, $0, name: $0.rawValue) }
            for life in lives { try life.count(to: 7) }
            let group = try rig.cutGroup(lives)
            for life in lives { try life.count(to: 8) }
            for (life, snapshot) in zip(lives, group.snapshots) {
                let copy = try Life.published(rig, life.kind, name: "copy", from: snapshot.asSource)
                #expect(try copy.counter() == 7)
                try copy.end()
            }
            try rig.deleteGroup(group)
            for life in lives { try life.end() }
        }
    }

    @Test("Groups are listed, found, kept over a kill, and deleted as a whole with room given back")
    func life() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let lives = try ["a", "b"].map { try Life(rig, name: $0, parameters: ["provisioning": "thick"]) }
            let alone = try lives[0].cut("group")
            let before = try rig.available()
            let group = try rig.cutGroup(lives)
            let room = try rig.available()
            // All of the first volume may have to be overwritten for its own snapshot already.
            #expect(abs(before - room - lives[1].kind.bytes) < 4 << 20)
            func get(_ ids: [String]) -> CSI.GetVolumeGroupSnapshotRequest {
                .init(groupSnapshotID: group.groupSnapshotID, snapshotIDs: ids)
            }
            let ids = group.snapshots.map(\.snapshotID)
            for _ in 0..<2 {
                #expect(try rig.snapshots().entries.compactMap(\.snapshot) == [alone] + group.snapshots)
                for snapshot in group.snapshots {
                    let id = snapshot.snapshotID
                    #expect(
                        try rig.snapshots { $0.snapshotID = id }.entries.compactMap(\.snapshot) == [snapshot])
                    #expect(try rig.client.call(CSI.GetSnapshotRequest(snapshotID: id)).snapshot == snapshot)
                    try rig.client.refuses(
                        CSI.DeleteSnapshotRequest(snapshotID: id), .invalidArgument,
                        naming: group.groupSnapshotID)
                }
                #expect(
                    try rig.snapshots { $0.sourceVolumeID = lives[1].id }.entries.compactMap(\.snapshot)
                        == [group.snapshots[1]])
                #expect(try rig.client.call(get(ids)).groupSnapshot == group)
                try rig.client.refuses(get([]), .invalidArgument, naming: "snapshot_ids")
                #expect(
                    try rig.client.call(rig.groupRequest(lives.reversed())).groupSnapshot == group)
                #expect(try abs(rig.available() - room) < 1 << 20)
                try rig.restartAfterKill()
            }
            var pages: [CSI.Snapshot] = []
            var token = ""
            repeat {
                let page = try rig.snapshots {
                    $0.maxEntries = 1; $0.startingToken = token
                }
                pages += page.entries.compactMap(\.snapshot)
                token = page.nextToken
            } while !token.isEmpty
            #expect(pages == [alone] + group.snapshots)
            for life in lives { try life.end() }
            #expect(try rig.cutGroup(lives) == group)
            try rig.client.refuses(
                CSI.DeleteVolumeGroupSnapshotRequest(
                    groupSnapshotID: group.groupSnapshotID, snapshotIDs: [ids[0]]),
                .invalidArgument, naming: "snapshot_ids")
            for _ in 0..<2 { try rig.deleteGroup(group) }
            try rig.client.refuses(get(ids), .notFound)
            try rig.client.refuses(CSI.GetSnapshotRequest(snapshotID: ids[0]), .notFound)
            try rig.deleteSnapshot(group.snapshots[0])
            try rig.deleteSnapshot(alone)
        }
    }
}

extension Life {
    /// Stages and publishes a volume that was taken off the node, as far as it was.
    fileprivate func publishAgain() throws {
        try stage()
        try publish()
    }
}
