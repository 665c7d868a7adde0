package import CSIWire
package import Log
import Text
package import Volumes

/// What a call is about and which pools it names, read from its request.
package struct CallTarget: Sendable, Equatable {
    /// Pools of the ids in the request, without repeats, in order; empty where it names none, or only ids that no
    /// driver of ours minted.
    ///
    /// Of a list these are the pools of its filters, then that of its token; a token is not verified here. A topology
    /// names no pool: it says where a volume may be, not which one is meant.
    package let pools: [PoolID]
    /// The id that the call is about, or the name that it is to make; empty where it has none.
    ///
    /// No longer than a legal one, whatever the caller sent.
    package let subject: String
    /// What that is, for the log.
    package let subjectKey: LogKey

    /// Reads the request of the call with that gRPC path; calls that this driver does not offer name no pool.
    ///
    /// - Throws: INVALID_ARGUMENT for bytes that are no such request.
    package init(path: String, request: [UInt8]) throws(CSIStatus) {
        guard let read = Self.readers[path] else {
            self.init([], .volumeID, "")
            return
        }
        self = try read(request)
    }

    private init(_ pools: [PoolID?], _ key: LogKey, _ subject: String) {
        self.pools = pools.reduce(into: []) { known, pool in
            if let pool, !known.contains(pool) { known.append(pool) }
        }
        subjectKey = key
        self.subject = subject.cut(bytes: 128)
    }

    private typealias Reader = @Sendable ([UInt8]) throws(CSIStatus) -> CallTarget

    private static let readers: [String: Reader] = Dictionary(
        uniqueKeysWithValues: [
            reader(CSI.CreateVolumeRequest.self) {
                CallTarget([$0.contentSource?.pool], .volumeName, $0.name)
            },
            reader(CSI.DeleteVolumeRequest.self) { of(volume: $0.volumeID) },
            reader(CSI.ValidateVolumeCapabilitiesRequest.self) { of(volume: $0.volumeID) },
            reader(CSI.ListVolumesRequest.self) { CallTarget([token($0.startingToken)], .volumeID, "") },
            reader(CSI.ControllerExpandVolumeRequest.self) { of(volume: $0.volumeID) },
            reader(CSI.ControllerGetVolumeRequest.self) { of(volume: $0.volumeID) },
            reader(CSI.ControllerModifyVolumeRequest.self) { of(volume: $0.volumeID) },
            reader(CSI.CreateSnapshotRequest.self) {
                CallTarget([volume($0.sourceVolumeID)], .snapshotID, $0.name)
            },
            reader(CSI.DeleteSnapshotRequest.self) { of(snapshot: $0.snapshotID) },
            reader(CSI.GetSnapshotRequest.self) { of(snapshot: $0.snapshotID) },
            reader(CSI.ListSnapshotsRequest.self) { request in
                let pools = [
                    snapshot(request.snapshotID), volume(request.sourceVolumeID),
                    token(request.startingToken),
                ]
                return request.snapshotID.isEmpty
                    ? CallTarget(pools, .volumeID, request.sourceVolumeID)
                    : CallTarget(pools, .snapshotID, request.snapshotID)
            },
            reader(CSI.CreateVolumeGroupSnapshotRequest.self) {
                CallTarget($0.sourceVolumeIDs.map(volume), .groupID, $0.name)
            },
            reader(CSI.DeleteVolumeGroupSnapshotRequest.self) { of(group: $0.groupSnapshotID) },
            reader(CSI.GetVolumeGroupSnapshotRequest.self) { of(group: $0.groupSnapshotID) },
        ])

    private static func reader<Request: CSIRequest>(
        _: Request.Type, _ target: @escaping @Sendable (Request) -> CallTarget
    ) -> (String, Reader) {
        (Request.path, { bytes throws(CSIStatus) in target(try Request(decoding: bytes)) })
    }

    private static func of(volume id: String) -> CallTarget { CallTarget([volume(id)], .volumeID, id) }
    private static func of(snapshot id: String) -> CallTarget { CallTarget([snapshot(id)], .snapshotID, id) }
    private static func of(group id: String) -> CallTarget { CallTarget([group(id)], .groupID, id) }

    private static func volume(_ text: String) -> PoolID? { VolumeID(text)?.pool }
    private static func snapshot(_ text: String) -> PoolID? { SnapshotID(text)?.pool }
    private static func group(_ text: String) -> PoolID? { GroupID(text)?.pool }
    private static func token(_ text: String) -> PoolID? { ListToken(unverified: text)?.pool }
}

extension CSI.VolumeContentSource {
    /// The pool of the source; nothing for an id that this driver never minted.
    fileprivate var pool: PoolID? {
        switch self {
        case .unspecified: nil
        case .snapshot(let id): SnapshotID(id)?.pool
        case .volume(let id): VolumeID(id)?.pool
        }
    }
}
