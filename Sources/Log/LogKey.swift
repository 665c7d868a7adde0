/// The names of log fields, declared once so that a search for a name finds every line that carries it.
package enum LogKey: String, Sendable, CaseIterable {
    // What a call was and how it ended.
    case method, code, ms, error, reason
    /// So many equal lines is this one for, the last of them.
    case repeated

    // What it was about.
    case pool
    case poolID = "pool_id"
    case volumeID = "volume_id"
    case volumeName = "volume_name"
    case snapshotID = "snapshot_id"
    case groupID = "group_snapshot_id"
    case nodeID = "node_id"

    // Places.
    case path, endpoint

    // What is being done, and how far it is.
    case step
    case doneBytes = "done_bytes"

    // Properties.
    case filesystem, provisioning, features
    case readOnly = "read_only"
    case directIO = "direct_io"
    case sizeBytes = "size_bytes"

    // Numbers and the process itself.
    case count, signal, version, value
}
