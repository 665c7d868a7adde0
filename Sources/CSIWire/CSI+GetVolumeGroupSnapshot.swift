extension CSI {
    /// Asks about one group.
    package struct GetVolumeGroupSnapshotRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = GetVolumeGroupSnapshotResponse

        /// The handle of the group.
        package var groupSnapshotID: String = ""
        /// The handles of all snapshots of the group, as the caller knows them.
        package var snapshotIDs: [String] = []
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(groupSnapshotID: String = "", snapshotIDs: [String] = [], secrets: Secrets = Secrets()) {
            self.groupSnapshotID = groupSnapshotID
            self.snapshotIDs = snapshotIDs
            self.secrets = secrets
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("group_snapshot_id", &groupSnapshotID)
            coder.strings("snapshot_ids", &snapshotIDs)
            secrets.code(with: coder)
        }
    }

    /// What the plugin knows about a group.
    package struct GetVolumeGroupSnapshotResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.GroupController/GetVolumeGroupSnapshot"

        /// The group; always set in an answer.
        package var groupSnapshot: VolumeGroupSnapshot? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(groupSnapshot: VolumeGroupSnapshot?) {
            self.groupSnapshot = groupSnapshot
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.message("group_snapshot", &groupSnapshot)
        }
    }
}
