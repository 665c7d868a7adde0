extension CSI {
    /// Asks for snapshots of several volumes at one moment.
    ///
    /// The same name and sources mean the same group.
    package struct CreateVolumeGroupSnapshotRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = CreateVolumeGroupSnapshotResponse

        /// The name that makes the call repeatable.
        package var name: String = ""
        /// The handles of the volumes to take them of.
        package var sourceVolumeIDs: [String] = []
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()
        /// Parameters of the group snapshot class.
        package var parameters: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            name: String = "", sourceVolumeIDs: [String] = [], secrets: Secrets = Secrets(),
            parameters: [String: String] = [:]
        ) {
            self.name = name
            self.sourceVolumeIDs = sourceVolumeIDs
            self.secrets = secrets
            self.parameters = parameters
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("name", &name)
            coder.strings("source_volume_ids", &sourceVolumeIDs)
            secrets.code(with: coder)
            coder.map("parameters", &parameters)
        }
    }

    /// The group that was made, or was there already.
    package struct CreateVolumeGroupSnapshotResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.GroupController/CreateVolumeGroupSnapshot"

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

    /// Asks for a group and all its snapshots to be gone.
    package struct DeleteVolumeGroupSnapshotRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = DeleteVolumeGroupSnapshotResponse

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

    /// The group is gone, or was never there.
    package struct DeleteVolumeGroupSnapshotResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.GroupController/DeleteVolumeGroupSnapshot"

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }
}
