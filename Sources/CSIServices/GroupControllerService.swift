import CSIWire
import Log
package import Volumes

/// The GroupController service: snapshots of several volumes at one moment.
package struct GroupControllerService: Sendable {
    private let catalog: Catalog

    /// Serves the volumes of the catalog.
    package init(catalog: Catalog) { self.catalog = catalog }

    /// The methods of the service.
    package var handlers: [CSIHandler] {
        [
            Self.capabilities,
            CSIHandler(
                CSI.CreateVolumeGroupSnapshotRequest.self, subjectKey: .groupID, subject: \.name, createGroup),
            CSIHandler(
                CSI.DeleteVolumeGroupSnapshotRequest.self, subjectKey: .groupID, subject: \.groupSnapshotID,
                deleteGroup),
            CSIHandler(
                CSI.GetVolumeGroupSnapshotRequest.self, subjectKey: .groupID, subject: \.groupSnapshotID,
                getGroup),
        ]
    }

    /// Tells what the service offers, also where a relay serves it.
    package static let capabilities = CSIHandler(
        CSI.GroupControllerGetCapabilitiesRequest.self, isQuick: true
    ) { _ throws(VolumeFault) in
        CSI.GroupControllerGetCapabilitiesResponse(capabilities: [.createDeleteGetVolumeGroupSnapshot])
    }

    @Sendable private func createGroup(
        _ request: CSI.CreateVolumeGroupSnapshotRequest
    ) throws(VolumeFault) -> CSI.CreateVolumeGroupSnapshotResponse {
        let name = try RequestChecks.name(request.name)
        try GroupParameters.check(try RequestChecks.map(request.parameters, "parameters"))
        let group = try catalog.cut(GroupRequest(name: name, sourceVolumeIDs: request.sourceVolumeIDs))
        return CSI.CreateVolumeGroupSnapshotResponse(groupSnapshot: CSI.VolumeGroupSnapshot(group))
    }

    @Sendable private func deleteGroup(
        _ request: CSI.DeleteVolumeGroupSnapshotRequest
    ) throws(VolumeFault) -> CSI.DeleteVolumeGroupSnapshotResponse {
        // CSI 1.x, DeleteVolumeGroupSnapshot: a group that does not exist is deleted already.
        if let id = GroupID(try RequestChecks.required(request.groupSnapshotID, "group_snapshot_id")) {
            try catalog.delete(id, snapshotIDs: request.snapshotIDs)
        }
        return CSI.DeleteVolumeGroupSnapshotResponse()
    }

    @Sendable private func getGroup(
        _ request: CSI.GetVolumeGroupSnapshotRequest
    ) throws(VolumeFault) -> CSI.GetVolumeGroupSnapshotResponse {
        guard let id = GroupID(try RequestChecks.required(request.groupSnapshotID, "group_snapshot_id"))
        else { throw .missing("group \(request.groupSnapshotID)") }
        let group = try catalog.group(id, snapshotIDs: request.snapshotIDs)
        return CSI.GetVolumeGroupSnapshotResponse(groupSnapshot: CSI.VolumeGroupSnapshot(group))
    }
}

/// The VolumeGroupSnapshotClass parameters that this driver knows; everything else is refused by name.
enum GroupParameters {
    static func check(_ map: [String: String]) throws(VolumeFault) {
        guard try SnapshotParameters.consistency(map) == .frozen else {
            throw .malformed(
                field: "parameters",
                why:
                    "consistency = 'crash' is not offered for groups: the order of writes holds across volumes only "
                    + "while all of them are frozen")
        }
    }
}

extension CSI.VolumeGroupSnapshot {
    init(_ group: GroupRecord) {
        self.init(
            groupSnapshotID: "\(group.id)", snapshots: group.members.map(CSI.Snapshot.init),
            creationTime: CSI.Timestamp(group.cut), readyToUse: true)
    }
}
