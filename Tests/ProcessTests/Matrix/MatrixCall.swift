/// The columns of the matrix: every call, on what it finds in each state.
enum MatrixCall: String, CaseIterable, Sendable {
    case probe = "Probe"
    case nodeInfo = "NodeGetInfo"
    case health = "/healthz"
    case metrics = "/metrics"

    case capacity = "GetCapacity"
    case listVolumes = "ListVolumes"
    case listSnapshots = "ListSnapshots"
    case create = "CreateVolume"
    case deleteMade = "DeleteVolume (just made)"
    case publishInline = "NodePublish (inline)"

    case recreate = "CreateVolume (repeated)"
    case getVolume = "ControllerGetVolume"
    case validate = "ValidateVolumeCapabilities"
    case expand = "ControllerExpandVolume"
    case cut = "CreateSnapshot"
    case clone = "CreateVolume (clone)"
    case restore = "CreateVolume (restore)"
    case uncut = "DeleteSnapshot"
    case group = "CreateVolumeGroupSnapshot"
    case delete = "DeleteVolume"

    case stage = "NodeStage"
    case publish = "NodePublish"
    case stats = "NodeGetVolumeStats"
    case nodeExpand = "NodeExpandVolume"
    case restage = "NodeStage (after NodeUnstage)"

    case unpublishMade = "NodeUnpublish (just published)"
    case unpublish = "NodeUnpublish"
    case unstage = "NodeUnstage"
    case unpublishRaw = "NodeUnpublish (block)"
    case unstageRaw = "NodeUnstage (block)"
    case unpublishInline = "NodeUnpublish (inline)"

    /// What a call is about.
    enum Aim { case node, pool, volume, teardown }

    var aim: Aim {
        switch self {
        case .probe, .nodeInfo, .health, .metrics: .node
        case .capacity, .listVolumes, .listSnapshots, .create, .deleteMade, .publishInline: .pool
        case .unpublishMade, .unpublish, .unstage, .unpublishRaw, .unstageRaw, .unpublishInline: .teardown
        default: .volume
        }
    }
}

/// Whose call it is.
enum MatrixSubject: String, CaseIterable, Sendable {
    /// The pool or volume that has the fault.
    case affected
    /// Another volume of the same pool, where the fault is of a volume.
    case neighbor
    /// A volume of the other pool.
    case other
    /// The driver as a whole.
    case node
}

/// When it is made.
enum MatrixMoment: String, CaseIterable, Sendable {
    /// With the fault in place, by the driver that ran before.
    case live
    /// By a driver that was killed and started again while the fault was in place.
    case restarted
    /// After the fault has gone, by the same driver.
    case healed
}

/// One cell.
struct MatrixCell: Hashable, Sendable {
    let call: MatrixCall
    let subject: MatrixSubject
    let moment: MatrixMoment
}
