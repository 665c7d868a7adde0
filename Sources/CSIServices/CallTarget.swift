package import CSIWire
package import Volumes

/// Which pools a call names, read from its request.
package struct CallTarget: Sendable, Equatable {
    /// Pools of the ids in the request, without repeats, in order; empty where it names none, or only ids that no
    /// driver of ours minted.
    ///
    /// Of a list these are the pools of its filters, then that of its token; a token is not verified here. A topology
    /// names no pool: it says where a volume may be, not which one is meant.
    package let pools: [PoolID]

    /// Reads the request of the call with that gRPC path; calls that this driver does not offer name no pool.
    ///
    /// - Throws: INVALID_ARGUMENT for bytes that are no such request.
    package init(path: String, request: [UInt8]) throws(CSIStatus) {
        guard let read = Self.readers[path] else {
            pools = []
            return
        }
        pools = try read(request).reduce(into: []) { known, pool in
            if let pool, !known.contains(pool) { known.append(pool) }
        }
    }

    private typealias Reader = @Sendable ([UInt8]) throws(CSIStatus) -> [PoolID?]

    private static let readers: [String: Reader] = Dictionary(
        uniqueKeysWithValues: [
            reader(CSI.CreateVolumeRequest.self) { [$0.contentSource?.pool] },
            reader(CSI.DeleteVolumeRequest.self) { [volume($0.volumeID)] },
            reader(CSI.ValidateVolumeCapabilitiesRequest.self) { [volume($0.volumeID)] },
            reader(CSI.ListVolumesRequest.self) { [token($0.startingToken)] },
            reader(CSI.ControllerExpandVolumeRequest.self) { [volume($0.volumeID)] },
            reader(CSI.ControllerGetVolumeRequest.self) { [volume($0.volumeID)] },
            reader(CSI.ControllerModifyVolumeRequest.self) { [volume($0.volumeID)] },
            reader(CSI.CreateSnapshotRequest.self) { [volume($0.sourceVolumeID)] },
            reader(CSI.DeleteSnapshotRequest.self) { [snapshot($0.snapshotID)] },
            reader(CSI.GetSnapshotRequest.self) { [snapshot($0.snapshotID)] },
            reader(CSI.ListSnapshotsRequest.self) {
                [snapshot($0.snapshotID), volume($0.sourceVolumeID), token($0.startingToken)]
            },
            reader(CSI.CreateVolumeGroupSnapshotRequest.self) { $0.sourceVolumeIDs.map(volume) },
            reader(CSI.DeleteVolumeGroupSnapshotRequest.self) { [group($0.groupSnapshotID)] },
            reader(CSI.GetVolumeGroupSnapshotRequest.self) { [group($0.groupSnapshotID)] },
        ])

    private static func reader<Request: CSIRequest>(
        _: Request.Type, _ pools: @escaping @Sendable (Request) -> [PoolID?]
    ) -> (String, Reader) {
        (Request.path, { bytes throws(CSIStatus) in pools(try Request(decoding: bytes)) })
    }

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
