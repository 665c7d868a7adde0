import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Rules of snapshots and sources", .requiresRoot)
struct SnapshotRuleTests {
    @Test("Sources that do not fit are refused, each with its code, and nothing is left of the attempts")
    func refusals() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let source = try Life(rig)
            let snapshot = try source.cut()
            let before = (try rig.files(), try rig.available())
            func refuses(
                _ code: CSICode, _ kind: Kind = .ext4, _ bytes: Int64? = nil, _ from: CSI.VolumeContentSource
            ) throws {
                try rig.client.refuses(kind.create("copy", bytes: bytes, from: from), code)
            }
            let pool = try #require(source.id.split(separator: ".").first)
            for from in [snapshot.asSource, source.asSource] {
                try refuses(.outOfRange, .ext4, 32 << 20, from)
                try refuses(.invalidArgument, .block, nil, from)
                try refuses(.invalidArgument, .xfs, nil, from)
            }
            for id in ["nonsense", "\(pool).nobody", source.id] {
                try refuses(.notFound, .ext4, nil, .snapshot(id: id))
            }
            for id in ["nonsense", "\(pool).nobody", "\(pool).copy"] {
                try refuses(.notFound, .ext4, nil, .volume(id: id))
            }
            try refuses(.resourceExhausted, .ext4, nil, .snapshot(id: "00000000000000aa.snap"))
            try refuses(.resourceExhausted, .ext4, nil, .volume(id: "00000000000000aa.vol"))
            try refuses(.invalidArgument, .ext4, nil, .snapshot(id: ""))
            try refuses(.invalidArgument, .ext4, nil, .volume(id: ""))
            #expect(try rig.files() == before.0)
            #expect(try rig.available() == before.1)

            let copy = try Life(rig, name: "copy", from: snapshot.asSource)
            #expect(try Life(rig, name: "copy", from: snapshot.asSource).id == copy.id)
            try rig.client.refuses(Kind.ext4.create("copy", from: source.asSource), .alreadyExists)
            try rig.client.refuses(Kind.ext4.create("copy"), .alreadyExists)
            try rig.client.refuses(Kind.ext4.create("vol", from: snapshot.asSource), .alreadyExists)
            let other = try Life(rig, name: "other")
            try rig.client.refuses(other.cutRequest(), .alreadyExists)
            var nameless = source.cutRequest("")
            try rig.client.refuses(nameless, .invalidArgument, naming: "name")
            nameless = CSI.CreateSnapshotRequest()
            nameless.name = "n"
            try rig.client.refuses(nameless, .invalidArgument, naming: "source_volume_id")
            nameless.sourceVolumeID = "\(pool).nobody"
            try rig.client.refuses(nameless, .notFound)
            // Whether it exists is not known here, so it is not said to be missing.
            nameless.sourceVolumeID = "00000000000000aa.vol"
            try rig.client.refuses(nameless, .failedPrecondition, naming: "lives in pool 00000000000000aa")
            for life in [source, copy, other] { try life.end() }
            // The repeat of a cut whose source has gone meanwhile finds the snapshot.
            #expect(try source.cut() == snapshot)
            try rig.deleteSnapshot(snapshot)
            try rig.client.refuses(source.cutRequest(), .notFound)
            for id in ["nonsense", "\(pool).nobody"] {
                _ = try rig.client.call(CSI.DeleteSnapshotRequest(snapshotID: id))
            }
        }
    }

    @Test("Lists are complete, filtered and paged; unknown ids give empty ones, forged tokens ABORTED")
    func lists() throws {
        try Rig.run { rig in
            let lives = try ["a", "b"].map {
                try Life(rig, name: $0, bytes: 16 << 20, parameters: ["provisioning": "thin"])
            }
            let all = try lives.flatMap { life in try (1...3).map { try life.cut("\(life.name)-\($0)") } }
            #expect(try rig.snapshots().entries.compactMap(\.snapshot) == all)
            for one in all {
                #expect(
                    try rig.snapshots { $0.snapshotID = one.snapshotID }.entries.compactMap(\.snapshot) == [
                        one
                    ])
                #expect(
                    try rig.client.call(CSI.GetSnapshotRequest(snapshotID: one.snapshotID)).snapshot == one)
            }
            #expect(
                try rig.snapshots { $0.sourceVolumeID = lives[1].id }.entries.compactMap(\.snapshot)
                    == Array(all[3...]))
            for id in ["nonsense", lives[0].id, "00000000000000aa.snap"] {
                #expect(try rig.snapshots { $0.snapshotID = id }.entries.isEmpty)
            }
            for id in ["nonsense", "00000000000000aa.vol"] {
                #expect(try rig.snapshots { $0.sourceVolumeID = id }.entries.isEmpty)
            }
            var paged: [CSI.Snapshot] = []
            var token = ""
            repeat {
                let page = try rig.snapshots { request in
                    request.maxEntries = 4
                    request.startingToken = token
                }
                paged += page.entries.compactMap(\.snapshot)
                token = page.nextToken
            } while !token.isEmpty
            #expect(paged == all)
            for token in ["forged", "00000000000000aa.snap"] {
                try rig.client.refuses(CSI.ListSnapshotsRequest(startingToken: token), .aborted)
                try rig.client.refuses(CSI.ListVolumesRequest(startingToken: token), .aborted)
            }
            try rig.client.refuses(CSI.ListSnapshotsRequest(maxEntries: -1), .invalidArgument)
            // The moment of the cut is stored, so it is the same after a restart.
            try rig.restartAfterKill()
            #expect(try rig.snapshots().entries.compactMap(\.snapshot) == all)
            for snapshot in all { try rig.deleteSnapshot(snapshot) }
            for life in lives { try life.end() }
            try rig.client.refuses(CSI.GetSnapshotRequest(snapshotID: all[0].snapshotID), .notFound)
        }
    }

    @Test("The first snapshot of a thick volume counts in full, also after a restart, and gives it back")
    func ledger() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let source = try Life(rig, bytes: 128 << 20, parameters: ["provisioning": "thick"])
            let other = try Life(rig, name: "other", bytes: 128 << 20)
            let before = try rig.available()
            let snapshot = try source.cut()
            // What the pool's file system needs itself was not promised to anybody before.
            let after = try rig.available()
            #expect(after < before - 64 << 20 && after >= before - 129 << 20)
            try rig.restartAfterKill()
            #expect(try rig.available() == after)
            // Less than another snapshot needs stays, and a little for the file system itself.
            let bytes = try rig.available() - 64 << 20
            let huge = try Life(rig, .block, name: "huge", bytes: bytes & ~0xFFFFF)
            try rig.client.refuses(other.cutRequest("other"), .resourceExhausted)
            #expect(try rig.files().count { $0.hasPrefix("snapshots/") || $0.hasPrefix("staging/") } == 1)
            // All of the source may be overwritten already, and nothing was since.
            #expect(try source.cut("second").readyToUse)
            try rig.deleteSnapshot(source.cut("second"))
            try rig.client.refuses(other.cutRequest("other"), .resourceExhausted)
            try rig.deleteSnapshot(snapshot)
            try rig.deleteSnapshot(other.cut("other"))
            try huge.end()
            try other.end()
            try waitUntil("the blocks are back") { try rig.available() >= before + 127 << 20 }
            try source.end()
        }
    }
}
