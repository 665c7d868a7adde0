extension CSI {
    /// A moment, as google.protobuf.Timestamp counts it.
    package struct Timestamp: CSIMessage {
        /// Seconds since 1970, in UTC.
        package var seconds: Int64 = 0
        /// The nanoseconds after that second, always forward in time: 0 to 999,999,999.
        package var nanos: Int32 = 0

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(seconds: Int64 = 0, nanos: Int32 = 0) {
            self.seconds = seconds
            self.nanos = nanos
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("seconds", &seconds)
            coder.integer("nanos", &nanos)
        }
    }

    /// A snapshot as the plugin made it.
    package struct Snapshot: CSIMessage {
        /// The least size of a volume made from it, or zero if unknown.
        package var sizeBytes: Int64 = 0
        /// The handle for all later calls.
        package var snapshotID: String = ""
        /// The handle of the volume it was taken of.
        package var sourceVolumeID: String = ""
        /// The moment whose content it holds; always set in an answer.
        package var creationTime: Timestamp? = nil
        /// Whether a volume can be made from it now.
        package var readyToUse: Bool = false
        /// The handle of the group it was taken with; empty if it was taken alone.
        package var groupSnapshotID: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            sizeBytes: Int64 = 0, snapshotID: String = "", sourceVolumeID: String = "",
            creationTime: Timestamp? = nil, readyToUse: Bool = false, groupSnapshotID: String = ""
        ) {
            self.sizeBytes = sizeBytes
            self.snapshotID = snapshotID
            self.sourceVolumeID = sourceVolumeID
            self.creationTime = creationTime
            self.readyToUse = readyToUse
            self.groupSnapshotID = groupSnapshotID
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("size_bytes", &sizeBytes)
            coder.string("snapshot_id", &snapshotID)
            coder.string("source_volume_id", &sourceVolumeID)
            coder.message("creation_time", &creationTime)
            coder.bool("ready_to_use", &readyToUse)
            coder.string("group_snapshot_id", &groupSnapshotID)
        }
    }

    /// Snapshots of several volumes, taken at one moment.
    package struct VolumeGroupSnapshot: CSIMessage {
        /// The handle for all later calls.
        package var groupSnapshotID: String = ""
        /// One snapshot for each volume.
        package var snapshots: [Snapshot] = []
        /// The moment whose content they hold; always set in an answer.
        package var creationTime: Timestamp? = nil
        /// Whether volumes can be made from all of them now.
        package var readyToUse: Bool = false

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            groupSnapshotID: String = "", snapshots: [Snapshot] = [], creationTime: Timestamp? = nil,
            readyToUse: Bool = false
        ) {
            self.groupSnapshotID = groupSnapshotID
            self.snapshots = snapshots
            self.creationTime = creationTime
            self.readyToUse = readyToUse
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("group_snapshot_id", &groupSnapshotID)
            coder.messages("snapshots", &snapshots)
            coder.message("creation_time", &creationTime)
            coder.bool("ready_to_use", &readyToUse)
        }
    }
}
