// Metrics: what can be counted and measured here, and its text for Prometheus.
//
// Pure: no files, no sockets, nothing of volumes. Names and labels are declared in this file alone.

/// A measured quantity: all samples of one name.
package enum MetricFamily: String, CaseIterable, Sendable {
    case buildInfo = "loopcsi_build_info"
    case ready = "loopcsi_ready"
    case calls = "loopcsi_calls_total"
    case callDuration = "loopcsi_call_duration_seconds"
    case callsInFlight = "loopcsi_calls_in_flight"
    case queueLength = "loopcsi_queue_length"
    case callsHung = "loopcsi_calls_hung"
    case logLinesSuppressed = "loopcsi_log_lines_suppressed_total"
    case poolUp = "loopcsi_pool_up"
    case poolState = "loopcsi_pool_state"
    case poolSize = "loopcsi_pool_size_bytes"
    case poolFree = "loopcsi_pool_free_bytes"
    case poolReserved = "loopcsi_pool_reserved_bytes"
    case poolCommitted = "loopcsi_pool_committed_bytes"
    case poolAvailable = "loopcsi_pool_available_bytes"
    case poolThinPromised = "loopcsi_pool_thin_promised_bytes"
    case poolVolumes = "loopcsi_pool_volumes"
    case poolSnapshots = "loopcsi_pool_snapshots"
    case poolInline = "loopcsi_pool_inline_bytes"
    case poolInlineLimit = "loopcsi_pool_inline_limit_bytes"
    case poolTornObjects = "loopcsi_pool_torn_objects"
    case poolReclaimFailing = "loopcsi_pool_reclaim_failing"
    case volumesAbnormal = "loopcsi_volumes_abnormal"
    case volumeCapacity = "loopcsi_volume_capacity_bytes"
    case volumeAllocated = "loopcsi_volume_allocated_bytes"
    case loopDevices = "loopcsi_loop_devices"
    case freezes = "loopcsi_freezes_total"
    case freezeLongest = "loopcsi_freeze_longest_seconds"
    case leftoversSwept = "loopcsi_leftovers_swept_total"
    case relayNodes = "loopcsi_relay_nodes"
    case relayPools = "loopcsi_relay_pools"
    case relayContested = "loopcsi_relay_contested_pools"
    case certificateEnd = "loopcsi_certificate_expiry_timestamp_seconds"
    case processMemory = "process_resident_memory_bytes"
    case processCPU = "process_cpu_seconds_total"
    case processDescriptors = "process_open_fds"
    case processDescriptorLimit = "process_max_fds"
    case processStart = "process_start_time_seconds"

    /// The name that Prometheus sees.
    package var name: String { rawValue }

    /// What kind of quantity it is.
    package var kind: MetricKind {
        switch self {
        case .calls, .freezes, .leftoversSwept, .logLinesSuppressed, .processCPU: .counter
        case .callDuration: .histogram
        default: .gauge
        }
    }

    /// What tells its samples apart, in the order in which they are written.
    package var labels: [MetricLabel] {
        switch self {
        case .buildInfo: [.version]
        case .relayNodes: [.state]
        case .calls: [.method, .code]
        case .callDuration: [.method]
        case .poolCommitted: [.pool, .kind]
        case .poolState: [.pool, .state]
        case .poolUp, .poolSize, .poolFree, .poolReserved, .poolAvailable, .poolThinPromised, .poolVolumes,
            .poolSnapshots, .poolInline, .poolInlineLimit, .poolTornObjects,
            .poolReclaimFailing, .volumesAbnormal, .callsHung, .loopDevices:
            [.pool]
        case .volumeCapacity, .volumeAllocated: [.pool, .volumeID, .claimNamespace, .claim]
        case .ready, .callsInFlight, .queueLength, .freezes, .freezeLongest, .leftoversSwept, .relayPools,
            .relayContested, .certificateEnd, .logLinesSuppressed, .processMemory, .processCPU,
            .processDescriptors,
            .processDescriptorLimit, .processStart:
            []
        }
    }

    /// What it means, in a line.
    package var help: String {
        switch self {
        case .buildInfo: "The version that runs; always 1."
        case .ready: "1 while the driver serves and its pools and the node are fit for work, as Probe has it."
        case .calls:
            "Answered calls by method and gRPC code; methods that are not of CSI are counted as unknown."
        case .callDuration: "Seconds from the arrival of a call to its answer, waiting for a thread included."
        case .callsInFlight: "Calls that are not answered yet, waiting ones included."
        case .queueLength: "Calls that wait for a thread because all of them are busy."
        case .callsHung: "Calls that are stuck in a step on the pool, as when its disk does not answer."
        case .logLinesSuppressed: "Log lines that were counted instead of written, as they repeat others."
        case .poolUp:
            "1 while the pool can be read and written; its other figures are missing while it cannot be read."
        case .poolState: "1 for the state that the pool is in: served, read_only, set_aside or hung."
        case .poolSize: "Size of the file system that holds the pool."
        case .poolFree: "What can still be written to that file system, by whomever."
        case .poolReserved: "What is never promised (reserve=)."
        case .poolCommitted:
            "What was promised: thick volumes in full, thin ones by the overcommit ratio, snapshots as recorded."
        case .poolAvailable: "The largest thick volume that would be created now."
        case .poolThinPromised: "The sum of the sizes of thin volumes."
        case .poolVolumes: "Volumes in the pool."
        case .poolSnapshots: "Snapshots in the pool."
        case .poolInline: "The sum of the sizes of inline volumes."
        case .poolInlineLimit: "What that sum may come to (--inline-share)."
        case .poolTornObjects: "Volumes, snapshots and groups that are set aside because they cannot be read."
        case .poolReclaimFailing: "1 while the blocks of deleted objects cannot be given back."
        case .volumesAbnormal: "Volumes of the pool whose condition on this node is abnormal."
        case .volumeCapacity: "Size of the volume."
        case .volumeAllocated: "What the image of the volume occupies in the pool."
        case .loopDevices: "Loop devices that carry images of the pool."
        case .freezes: "File systems frozen for a copy since the start."
        case .freezeLongest: "The longest of these freezes."
        case .leftoversSwept:
            "Removed at the start: half-made objects of an interrupted run, and inline volumes of vanished pods."
        case .relayNodes: "Addresses behind the nodes' name, by whether they answered when last asked."
        case .relayPools: "Pools of all nodes."
        case .relayContested: "Pools that several nodes claim without sharing them; none of them is served."
        case .certificateEnd:
            "When the certificate for the way between relay and nodes ends, in seconds since 1970."
        case .processMemory: "Resident memory of the driver."
        case .processCPU: "Processor time that the driver took."
        case .processDescriptors: "Open descriptors of the driver."
        case .processDescriptorLimit: "The most descriptors that the driver may have open."
        case .processStart: "When the driver started, in seconds since 1970."
        }
    }
}

/// What kind of quantity a family measures.
package enum MetricKind: String, Sendable {
    case counter, gauge, histogram
}

/// The labels that samples can have; all but the volume's own have few values, each known in advance.
package enum MetricLabel: String, CaseIterable, Sendable {
    case version, method, code, pool, kind, state
    case volumeID = "volume_id"
    // Not "namespace": Prometheus puts that of the driver's own pod there.
    case claimNamespace = "pvc_namespace"
    case claim = "pvc"
    /// The upper bound of a bucket of a histogram.
    case bound = "le"
}
