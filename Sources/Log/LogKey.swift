/// The names of log fields, declared once so that a search for a name finds every line that carries it.
package enum LogKey: String, Sendable, CaseIterable {
    // What a call was and how it ended.
    case method, code, ms, error, step, result, peer
    case callID = "call_id"
    case runningMS = "running_ms"

    // What it was about.
    case pool
    case poolID = "pool_id"
    case volumeID = "volume_id"
    case volumeName = "volume_name"
    case snapshotID = "snapshot_id"
    case sourceID = "source_id"
    case nodeID = "node_id"

    // Places.
    case path, device, address, endpoint
    case targetPath = "target_path"
    case stagingPath = "staging_path"

    // Properties.
    case filesystem, provisioning, mode, role, features, options
    case readOnly = "read_only"
    case directIO = "direct_io"
    case blockSize = "block_size"
    case sizeBytes = "size_bytes"
    case availableBytes = "available_bytes"
    case totalBytes = "total_bytes"
    case committedBytes = "committed_bytes"

    // Numbers and the process itself.
    case count, limit, attempts, queued, signal, pid, program, status, version, reason, key, value
}
