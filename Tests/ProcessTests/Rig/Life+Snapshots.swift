import CSIWire
import LinuxHost
import TestSupport
import Testing

extension Life {
    func cutRequest(_ name: String = "snap", _ parameters: [String: String] = [:])
        -> CSI.CreateSnapshotRequest
    {
        var request = CSI.CreateSnapshotRequest()
        request.sourceVolumeID = id
        request.name = name
        request.parameters = parameters
        return request
    }

    /// Cuts a snapshot and expects that it is complete.
    @discardableResult
    func cut(_ name: String = "snap", _ parameters: [String: String] = [:]) throws -> CSI.Snapshot {
        let snapshot = try #require(try rig.client.call(cutRequest(name, parameters)).snapshot)
        #expect(snapshot.readyToUse && snapshot.sourceVolumeID == id && snapshot.creationTime != nil)
        return snapshot
    }

    /// The source for a clone.
    var asSource: CSI.VolumeContentSource { .volume(id: id) }

    /// Sets the counter that stands for the data of a volume: a file, or the first bytes of a raw disk.
    ///
    /// Nothing is synced: what was written must be in a snapshot all the same.
    func count(to number: Int, at path: String? = nil) throws {
        let text = "\(number)\n"
        let file = kind == .block ? target : "\(path ?? target)/counter"
        try TestTool.run("sh", ["-c", "printf '%s' '\(text)' | dd of=\(file) conv=notrunc status=none"])
    }

    /// The counter now.
    func counter(at path: String? = nil) throws -> Int {
        let file = kind == .block ? target : "\(path ?? target)/counter"
        let text = try Host.run("head", "-c", "4", file)
        return try #require(Int(text.prefix { $0 != "\n" }))
    }
}

extension CSI.Snapshot {
    /// The source for a restore.
    var asSource: CSI.VolumeContentSource { .snapshot(id: snapshotID) }
}

extension Rig {
    func deleteSnapshot(_ snapshot: CSI.Snapshot) throws {
        _ = try client.call(CSI.DeleteSnapshotRequest(snapshotID: snapshot.snapshotID))
    }

    func snapshots(_ fill: (inout CSI.ListSnapshotsRequest) -> Void = { _ in }) throws
        -> CSI.ListSnapshotsResponse
    {
        var request = CSI.ListSnapshotsRequest()
        fill(&request)
        return try client.call(request)
    }

    /// Waits until blocks of removed files are free: XFS gives them back a little later, and a creation that is refused
    /// waits for that.
    func settle() throws {
        try client.refuses(Kind.block.create("vast", bytes: 1 << 40), .resourceExhausted)
    }

    /// What can still be promised.
    func available() throws -> Int64 { try client.call(CSI.GetCapacityRequest()).availableCapacity }

    /// The notes of freezes of this pool that lie about.
    func freezeNotes() throws -> [String] {
        guard try Host.exists("/run/loopcsi-node/frozen") else { return [] }
        let record = try Host.read("\(pool)/pool.json")
        return try Host.names(in: "/run/loopcsi-node/frozen").filter { note in
            note.split(separator: ".").first.map { record.contains($0) } ?? false
        }
    }
}
