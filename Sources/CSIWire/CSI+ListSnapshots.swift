extension CSI {
    /// Asks for the snapshots, page by page.
    package struct ListSnapshotsRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = ListSnapshotsResponse

        /// At most so many in one answer; zero is no limit.
        package var maxEntries: Int32 = 0
        /// Where to go on, from an earlier answer.
        package var startingToken: String = ""
        /// Only the snapshots of this volume, unless it is empty.
        package var sourceVolumeID: String = ""
        /// Only the snapshot with this handle, unless it is empty.
        package var snapshotID: String = ""
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            maxEntries: Int32 = 0, startingToken: String = "", sourceVolumeID: String = "",
            snapshotID: String = "", secrets: Secrets = Secrets()
        ) {
            self.maxEntries = maxEntries
            self.startingToken = startingToken
            self.sourceVolumeID = sourceVolumeID
            self.snapshotID = snapshotID
            self.secrets = secrets
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("max_entries", &maxEntries)
            coder.string("starting_token", &startingToken)
            coder.string("source_volume_id", &sourceVolumeID)
            coder.string("snapshot_id", &snapshotID)
            secrets.code(with: coder)
        }
    }

    /// One page of snapshots.
    package struct ListSnapshotsResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/ListSnapshots"

        /// The snapshots.
        package var entries: [ListedSnapshot] = []
        /// Where to go on; empty at the end.
        package var nextToken: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(entries: [ListedSnapshot] = [], nextToken: String = "") {
            self.entries = entries
            self.nextToken = nextToken
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("entries", &entries)
            coder.string("next_token", &nextToken)
        }
    }

    /// One snapshot of the list.
    package struct ListedSnapshot: CSIMessage {
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

    /// Asks about one snapshot.
    package struct GetSnapshotRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = GetSnapshotResponse

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

    /// What the plugin knows about a snapshot.
    package struct GetSnapshotResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/GetSnapshot"

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
}
