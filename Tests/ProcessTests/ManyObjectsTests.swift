import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Ten thousand volumes and snapshots", .requiresRoot)
struct ManyObjectsTests {
    private static let count = 10_000

    /// Writes records and empty images as the driver would have left them.
    private func fill(_ rig: Rig) throws -> String {
        let identity = try Host.read("\(rig.pool)/pool.json")
        let after = try #require(identity.split(separator: "\"id\" : \"").last)
        let pool = String(after.prefix(16))
        let volumes = try Directory.open("\(rig.pool)/volumes")
        let snapshots = try Directory.open("\(rig.pool)/snapshots")
        let common =
            "\"version\":1,\"sizeBytes\":1048576,\"kind\":\"block\",\"provisioning\":\"thin\",\"sectorBytes\":4096"
        for number in 0..<Self.count {
            let (volume, snapshot) = ("pvc-\(10_000_000 + number)", "snapshot-\(10_000_000 + number)")
            try write(
                "{\"id\":\"\(pool).\(volume)\",\"name\":\"\(volume)\",\(common),"
                    + "\"parameters\":{},\"created\":\"2026-01-02T03:04:05Z\"}",
                "volume.json", volume, in: volumes)
            try write(
                "{\"id\":\"\(pool).\(snapshot)\",\"name\":\"\(snapshot)\",\(common),"
                    + "\"source\":\"\(pool).pvc-\(10_000_000 + number / 4)\",\"commitmentBytes\":0,"
                    + "\"cutNanoseconds\":1767323045000000000}",
                "snapshot.json", snapshot, in: snapshots)
        }
        return pool
    }

    private func write(
        _ record: String, _ file: String, _ name: String, in parent: borrowing Directory
    ) throws {
        let folder = try parent.create(name, mode: 0o700)
        // Without the sync of each that a driver does.
        try folder.createFile(file, mode: 0o600).pwrite(Array(record.utf8), offset: 0)
        try folder.createFile("image", mode: 0o600).truncate(to: 1 << 20)
    }

    @Test("A driver starts on them, and lists, filters, pages, creations and snapshots are right")
    func many() throws {
        try Rig.run(.init(poolWords: ",overcommit=100", expectsEmptyPool: false)) { rig in
            let pool = try fill(rig)
            _ = try rig.driver.stop()
            try rig.start()
            let first = try rig.snapshots { $0.maxEntries = 100 }
            #expect(first.entries.count == 100 && !first.nextToken.isEmpty)
            let found = try rig.snapshots { $0.sourceVolumeID = "\(pool).pvc-10001000" }
            #expect(
                found.entries.compactMap { $0.snapshot?.snapshotID }
                    == (10_004_000..<10_004_004).map { "\(pool).snapshot-\($0)" })
            var seen: [String] = []
            var token = ""
            repeat {
                let page = try rig.snapshots { request in
                    request.maxEntries = 3000
                    request.startingToken = token
                }
                seen += page.entries.compactMap { $0.snapshot?.snapshotID }
                token = page.nextToken
            } while !token.isEmpty
            #expect(seen == (0..<Self.count).map { "\(pool).snapshot-\(10_000_000 + $0)" })
            let life = try Life(rig, .block, name: "one-more", parameters: ["provisioning": "thin"])
            #expect(try rig.snapshots { $0.sourceVolumeID = life.id }.entries.isEmpty)
            let cut = try life.cut("one-more")
            #expect(try rig.snapshots { $0.sourceVolumeID = life.id }.entries.compactMap(\.snapshot) == [cut])
            try rig.deleteSnapshot(cut)
            try life.delete()
        }
    }

    @Test("A list follows a pool whose folders somebody else changed, and so does what is promised")
    func changedUnderneath() throws {
        for filesystem in [TestPool.Filesystem.ext4, .xfs, .btrfs] {
            try Rig.run(.init(filesystem: filesystem)) { rig in
                let lives = try (1...3).map { try Life(rig, .block, name: "v\($0)", bytes: 64 << 20) }
                func listed() throws -> [String] {
                    try rig.client.call(CSI.ListVolumesRequest()).entries.compactMap { $0.volume?.volumeID }
                }
                #expect(try listed() == lives.map(\.id))
                let room = try rig.available()
                try Host.removeTree(lives[1].folder)
                #expect(try listed() == [lives[0].id, lives[2].id])
                try waitUntil("the room is back") { try rig.available() >= room + 60 << 20 }
                for life in lives { try life.delete() }
            }
        }
    }

    @Test("A token of another list, of a pool that is not here, or with a wrong digest is ABORTED")
    func tokens() throws {
        try Rig.run { rig in
            let lives = try (1...3).map { try Life(rig, .block, name: "v\($0)", bytes: 1 << 20) }
            let cuts = try lives.map { try $0.cut("s-\($0.name)") }
            let volumes = try rig.client.call(CSI.ListVolumesRequest(maxEntries: 1)).nextToken
            let snapshots = try rig.snapshots { $0.maxEntries = 1 }.nextToken
            let forged = [
                "forged", lives[0].id, volumes + "0", String(volumes.dropLast()),
                volumes.replacing("v1", with: "v2"), "00000000000000aa.v1~12345678", "~", "\(lives[0].id)~",
            ]
            for token in forged + [snapshots] {
                try rig.client.refuses(CSI.ListVolumesRequest(startingToken: token), .aborted)
            }
            for token in forged + [volumes] {
                try rig.client.refuses(CSI.ListSnapshotsRequest(startingToken: token), .aborted)
            }
            var filtered = CSI.ListSnapshotsRequest(startingToken: snapshots)
            filtered.sourceVolumeID = lives[0].id
            try rig.client.refuses(filtered, .aborted)
            // The entry that a token names may be gone.
            try rig.deleteSnapshot(cuts[0])
            let rest = try rig.client.call(CSI.ListSnapshotsRequest(startingToken: snapshots))
            #expect(rest.entries.compactMap(\.snapshot) == Array(cuts[1...]))
            for cut in cuts { try rig.deleteSnapshot(cut) }
            for life in lives { try life.delete() }
        }
    }
}
