extension CSI {
    /// Asks for a snapshot; the same name and source mean the same snapshot.
    package struct CreateSnapshotRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = CreateSnapshotResponse

        /// The handle of the volume to take it of.
        package var sourceVolumeID: String = ""
        /// The name that makes the call repeatable.
        package var name: String = ""
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()
        /// Parameters of the snapshot class.
        package var parameters: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            sourceVolumeID: String = "", name: String = "", secrets: Secrets = Secrets(),
            parameters: [String: String] = [:]
        ) {
            self.sourceVolumeID = sourceVolumeID
            self.name = name
            self.secrets = secrets
            self.parameters = parameters
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("source_volume_id", &sourceVolumeID)
            coder.string("name", &name)
            secrets.code(with: coder)
            coder.map("parameters", &parameters)
        }
    }

    /// The snapshot that was made, or was there already.
    package struct CreateSnapshotResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/CreateSnapshot"

        /// The snapshot; always set in an answer.
        package var snapshot: Snapshot? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(snapshot: Snapshot?) {
            self.snapshot = snapshot
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.message("snapshot", &snapshot)
        }
    }

    /// Asks for a snapshot to be gone.
    package struct DeleteSnapshotRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = DeleteSnapshotResponse

        /// The handle of the snapshot.
        package var snapshotID: String = ""
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(snapshotID: String = "", secrets: Secrets = Secrets()) {
            self.snapshotID = snapshotID
            self.secrets = secrets
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("snapshot_id", &snapshotID)
            secrets.code(with: coder)
        }
    }

    /// The snapshot is gone, or was never there.
    package struct DeleteSnapshotResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/DeleteSnapshot"

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }
}
