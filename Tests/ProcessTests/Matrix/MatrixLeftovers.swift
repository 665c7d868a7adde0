import CSIWire
import LinuxHost

/// Looks for what a run left, once all of its objects are deleted.
struct MatrixLeftovers: Sendable {
    let rig: MatrixRig
    let results: MatrixResults

    func look() throws {
        try deleteUnknown()
        try expectNothing("in the kernel") { try rig.leftInKernel() }
        for pool in [rig.a, rig.b] { try expectNothing("in \(pool.name)") { try pool.contents() } }
        try expectNothing("of notes") { try notes() }
        for pool in [rig.a, rig.b] { try check(pool) }
    }

    /// What was made by calls whose callers gave up is found in the lists.
    private func deleteUnknown() throws {
        for snapshot in try rig.client.call(CSI.ListSnapshotsRequest()).entries.compactMap(\.snapshot) {
            if snapshot.groupSnapshotID.isEmpty {
                _ = try rig.client.outcome(
                    of: CSI.DeleteSnapshotRequest(snapshotID: snapshot.snapshotID), within: 30)
            } else {
                _ = try rig.client.outcome(
                    of: CSI.DeleteVolumeGroupSnapshotRequest(
                        groupSnapshotID: snapshot.groupSnapshotID, snapshotIDs: [snapshot.snapshotID]),
                    within: 30)
            }
        }
        for volume in try rig.client.call(CSI.ListVolumesRequest()).entries.compactMap(\.volume) {
            _ = try rig.client.outcome(of: CSI.DeleteVolumeRequest(volumeID: volume.volumeID), within: 30)
        }
    }

    private func expectNothing(_ what: String, _ look: () throws -> [String]) throws {
        var last: [String] = []
        do {
            try waitUntil("nothing is left \(what)") {
                last = try look()
                return last.isEmpty
            }
        } catch is RigTrouble {
            results.note("left \(what): \(last.prefix(4).joined(separator: ", "))".prefixed(400))
        }
    }

    /// Notes of the driver outside of the pools: of freezes, of what is staged.
    private func notes() throws -> [String] {
        let ids = try [rig.a, rig.b].map { pool in
            let text = try Host.read("\(pool.path)/pool.json")
            return text.firstMatch(of: /"id" *: *"([0-9a-f]+)"/).map { String($0.output.1) } ?? "no id"
        }
        let all = try Host.run(
            "sh", "-c", "find /run -maxdepth 3 -path '/run/loopcsi*' -type f 2>/dev/null || true")
        return all.split(separator: "\n").map(String.init).filter { path in
            path.contains(rig.mark) || ids.contains { path.contains($0) }
        }
    }

    private func check(_ pool: MatrixPool) throws {
        let program = try DriverProcess.program()
        let words = "'\(program)' pool check --pool '\(pool.words)' 2>&1"
        let said = try Host.run("sh", "-c", "\(words); echo status $?")
        if !said.hasSuffix("status 0") { results.note("pool check: \(said)".prefixed(400)) }
    }
}
