import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Snapshots under a writer that never stops", .requiresRoot)
struct SnapshotWriterTests {
    /// How many snapshots of a volume of that kind are cut: 200 in all.
    static let rounds: [(Kind, Consistency, Int)] = [
        (.ext4, .frozen, 100), (.xfs, .frozen, 35), (.btrfs, .frozen, 35), (.ext4, .crash, 10),
        (.xfs, .crash, 10),
        (.btrfs, .crash, 10),
    ]

    enum Consistency: String { case frozen, crash }

    @Test(
        "Each of 200 snapshots holds whole records without a gap, all that were acknowledged before it among them",
        arguments: rounds)
    func prefix(kind: Kind, consistency: Consistency, rounds: Int) throws {
        try Rig.run(.init(filesystem: .xfs, poolBytes: 2 << 30)) { rig in
            let source = try Life.published(rig, kind, parameters: ["provisioning": "thin"])
            let writer = RecordWriter(source.target)
            try writer.whileWriting {
                for round in 1...rounds {
                    let before = writer.acknowledged
                    let snapshot = try source.cut("snap-\(round)", ["consistency": consistency.rawValue])
                    let after = writer.begun
                    // ext4 can be read without a mount, as a freeze leaves nothing in its journal.
                    let isSample = kind != .ext4 || consistency == .crash || round % 10 == 0
                    let bytes =
                        isSample
                        ? try restored(source, snapshot, round, isFrozen: consistency == .frozen)
                        : try dumped(rig, round)
                    let count = try RecordWriter.count(bytes)
                    #expect(count >= before && count <= after, "\(before) \(count) \(after)")
                    try rig.deleteSnapshot(snapshot)
                }
            }
            #expect(try rig.freezeNotes() == [])
            try source.end()
        }
    }

    /// The records in a volume that is restored from the snapshot, whose file system must be clean.
    private func restored(
        _ source: Life, _ snapshot: CSI.Snapshot, _ round: Int, isFrozen: Bool
    ) throws -> [UInt8] {
        let life = try Life(
            source.rig, source.kind, name: "copy-\(round)", parameters: ["provisioning": "thin"],
            from: snapshot.asSource)
        let isChecked = round % 5 == 0
        // A freeze leaves nothing to replay; only XFS wants its log emptied by a mount first.
        if isChecked, isFrozen, life.kind != .xfs { try life.checkFilesystem() }
        try life.stage()
        let bytes = try Directory.open(life.staging).read("records", limitBytes: 1 << 26)
        try life.unstage()
        if isChecked { try life.checkFilesystem() }
        try life.delete()
        return bytes
    }

    private func dumped(_ rig: Rig, _ round: Int) throws -> [UInt8] {
        let image = "\(rig.pool)/snapshots/snap-\(round)/image"
        try Host.run("debugfs", "-R", "dump /records \(rig.path)/records", image)
        defer { _ = try? Directory.open(rig.path).removeFile("records") }
        return try Directory.open(rig.path).read("records", limitBytes: 1 << 26)
    }
}
