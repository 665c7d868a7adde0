import CSIWire
import Log
import Text
import Volumes

extension ControllerService {
    /// The methods about snapshots.
    var snapshotHandlers: [CSIHandler] {
        [
            CSIHandler(
                CSI.CreateSnapshotRequest.self, subjectKey: .snapshotID, subject: \.name, createSnapshot),
            CSIHandler(
                CSI.DeleteSnapshotRequest.self, subjectKey: .snapshotID, subject: \.snapshotID, deleteSnapshot
            ),
            CSIHandler(CSI.ListSnapshotsRequest.self, listSnapshots),
            CSIHandler(
                CSI.GetSnapshotRequest.self, subjectKey: .snapshotID, subject: \.snapshotID, getSnapshot),
        ]
    }

    @Sendable private func createSnapshot(
        _ request: CSI.CreateSnapshotRequest
    ) throws(VolumeFault) -> CSI.CreateSnapshotResponse {
        let name = try RequestChecks.name(request.name)
        let sourceText = try RequestChecks.required(request.sourceVolumeID, "source_volume_id")
        let consistency = try SnapshotParameters.consistency(
            try RequestChecks.map(request.parameters, "parameters"))
        guard let source = VolumeID(sourceText) else { throw .missing("volume \(sourceText)") }
        let snapshot = try catalog.cut(SnapshotRequest(name: name, source: source, consistency: consistency))
        return CSI.CreateSnapshotResponse(snapshot: CSI.Snapshot(snapshot))
    }

    @Sendable private func deleteSnapshot(
        _ request: CSI.DeleteSnapshotRequest
    ) throws(VolumeFault) -> CSI.DeleteSnapshotResponse {
        // CSI 1.x, DeleteSnapshot: a snapshot that does not exist is deleted already.
        if let id = SnapshotID(try RequestChecks.required(request.snapshotID, "snapshot_id")) {
            try catalog.delete(id)
        }
        return CSI.DeleteSnapshotResponse()
    }

    @Sendable private func getSnapshot(
        _ request: CSI.GetSnapshotRequest
    ) throws(VolumeFault) -> CSI.GetSnapshotResponse {
        guard let id = SnapshotID(try RequestChecks.required(request.snapshotID, "snapshot_id")) else {
            throw .missing("snapshot \(request.snapshotID)")
        }
        return CSI.GetSnapshotResponse(snapshot: CSI.Snapshot(try catalog.snapshot(id)))
    }

    @Sendable private func listSnapshots(
        _ request: CSI.ListSnapshotsRequest
    ) throws(VolumeFault) -> CSI.ListSnapshotsResponse {
        guard request.maxEntries >= 0 else {
            throw .malformed(field: "max_entries", why: "\(request.maxEntries) is negative")
        }
        let list = ListName.snapshots(of: request.sourceVolumeID)
        let after = try catalog.position(request.startingToken, of: list)
        if !request.snapshotID.isEmpty { return try only(request) }
        var source: VolumeID?
        if !request.sourceVolumeID.isEmpty {
            // CSI 1.x, ListSnapshots: ids that mean nothing give an empty list.
            guard let id = VolumeID(request.sourceVolumeID) else { return CSI.ListSnapshotsResponse() }
            source = id
        }
        let page = try catalog.listSnapshots(
            of: source, after: after, limit: request.maxEntries == 0 ? nil : Int(request.maxEntries))
        return CSI.ListSnapshotsResponse(
            entries: page.snapshots.map { CSI.ListedSnapshot(snapshot: CSI.Snapshot($0)) },
            nextToken: catalog.text(of: page.next, of: list))
    }

    /// The list of the one snapshot that was asked for, if it is there and fits the other filter.
    private func only(_ request: CSI.ListSnapshotsRequest) throws(VolumeFault) -> CSI.ListSnapshotsResponse {
        guard let id = SnapshotID(request.snapshotID) else { return CSI.ListSnapshotsResponse() }
        do {
            let snapshot = try catalog.snapshot(id)
            let fits =
                request.sourceVolumeID.isEmpty || request.sourceVolumeID.isSame(as: "\(snapshot.source)")
            return CSI.ListSnapshotsResponse(
                entries: fits ? [CSI.ListedSnapshot(snapshot: CSI.Snapshot(snapshot))] : [])
        } catch .missing {
            return CSI.ListSnapshotsResponse()
        }
    }
}

/// The VolumeSnapshotClass parameters that this driver knows; everything else is refused by name.
enum SnapshotParameters {
    static func consistency(_ map: [String: String]) throws(VolumeFault) -> Consistency {
        var consistency = Consistency.frozen
        for (key, value) in map.inByteOrder where !ClassWords.ofSnapshots.contains(key) {
            guard key == "consistency" else {
                throw .malformed(
                    field: "parameters", why: "unknown key '\(key.cut(bytes: 64))'; known is consistency")
            }
            guard let known = Consistency(word: value) else {
                throw .malformed(
                    field: "parameters",
                    why: "consistency = '\(value.cut(bytes: 64))' is not known; use frozen or crash")
            }
            consistency = known
        }
        return consistency
    }
}

extension CSI.Snapshot {
    init(_ snapshot: SnapshotRecord) {
        self.init(
            sizeBytes: snapshot.size.bytes, snapshotID: "\(snapshot.id)",
            sourceVolumeID: "\(snapshot.source)",
            creationTime: CSI.Timestamp(snapshot.cut), readyToUse: true,
            groupSnapshotID: snapshot.id.group.map { "\($0)" } ?? "")
    }
}

extension CSI.Timestamp {
    init(_ moment: Moment) {
        let (seconds, nanoseconds) = moment.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(seconds: seconds, nanos: Int32(nanoseconds))
    }
}

extension ContentSource {
    /// Reads the source of a request.
    ///
    /// - Throws: `malformed` where it is incomplete, `missing` for an id that this driver never minted.
    init?(_ wire: CSI.VolumeContentSource?) throws(VolumeFault) {
        let field = "volume_content_source"
        switch wire {
        case nil: return nil
        case .unspecified: throw .malformed(field: field, why: "set snapshot or volume")
        case .snapshot(let text):
            guard let id = SnapshotID(try RequestChecks.required(text, "\(field).snapshot.snapshot_id"))
            else {
                throw .missing("snapshot \(text)")
            }
            self = .snapshot(id)
        case .volume(let text):
            guard let id = VolumeID(try RequestChecks.required(text, "\(field).volume.volume_id")) else {
                throw .missing("volume \(text)")
            }
            self = .volume(id)
        }
    }

    /// The source as it is echoed.
    var wire: CSI.VolumeContentSource {
        switch self {
        case .snapshot(let id): .snapshot(id: "\(id)")
        case .volume(let id): .volume(id: "\(id)")
        }
    }
}
