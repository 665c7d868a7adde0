import CSIWire
import Text
package import Volumes

/// Which pool a call may be stuck in, read from its request and the books in memory, without a look at any disk.
///
/// More than `CallTarget` says: also a call of the node, one about an inline volume, and one that leaves the choice of the
/// pool to the driver. A call that needs several pools, or none, is nobody's.
package struct CallShares: Sendable {
    private let catalog: Catalog

    /// Knows the pools of the catalog.
    package init(_ catalog: Catalog) { self.catalog = catalog }

    /// What a call does to its pool: each has a part of its own, so that a teardown waits for no creation that hangs, and a
    /// look for neither.
    package enum Part: String, CaseIterable, Sendable {
        case changes, node, looks

        /// The part of calls with that gRPC path.
        package init(path: String) {
            switch path {
            case CSI.GetCapacityRequest.path, CSI.ControllerGetVolumeRequest.path,
                CSI.ValidateVolumeCapabilitiesRequest.path, CSI.GetSnapshotRequest.path,
                CSI.GetVolumeGroupSnapshotRequest.path, CSI.NodeGetVolumeStatsRequest.path:
                self = .looks
            case _ where path.utf8.starts(with: "/csi.v1.Node/".utf8): self = .node
            default: self = .changes
            }
        }
    }

    /// The pool of a call, and what the call is about.
    package func share(path: String, request: [UInt8]) -> (pool: PoolName?, subject: String) {
        do throws(CSIStatus) {
            switch path {
            case CSI.NodeStageVolumeRequest.path:
                return of(volume: try CSI.NodeStageVolumeRequest(decoding: request).volumeID)
            case CSI.NodeUnstageVolumeRequest.path:
                return of(volume: try CSI.NodeUnstageVolumeRequest(decoding: request).volumeID)
            case CSI.NodePublishVolumeRequest.path:
                return of(publish: try CSI.NodePublishVolumeRequest(decoding: request))
            case CSI.NodeUnpublishVolumeRequest.path:
                return of(volume: try CSI.NodeUnpublishVolumeRequest(decoding: request).volumeID)
            case CSI.NodeGetVolumeStatsRequest.path:
                return of(volume: try CSI.NodeGetVolumeStatsRequest(decoding: request).volumeID)
            case CSI.NodeExpandVolumeRequest.path:
                return of(volume: try CSI.NodeExpandVolumeRequest(decoding: request).volumeID)
            case CSI.CreateVolumeRequest.path:
                return of(create: try CSI.CreateVolumeRequest(decoding: request))
            case CSI.GetCapacityRequest.path:
                let wire = try CSI.GetCapacityRequest(decoding: request)
                let here = wire.accessibleTopology.map { [$0.segments] } ?? []
                return (place(wire.parameters, requisite: here.filter { !$0.isEmpty }, preferred: []), "")
            default:
                let target = try CallTarget(path: path, request: request)
                return (target.pools.lazy.compactMap(catalog.name(ofPool:)).first, target.subject)
            }
        } catch {
            // The handler meets the same, and answers.
            return (nil, "")
        }
    }

    private func of(volume text: String) -> (PoolName?, String) {
        if let id = VolumeID(text) { return (catalog.name(ofPool: id.pool), id.name.text) }
        guard let inline = InlineHandle(text) else { return (nil, "") }
        return (catalog.pool(naming: inline), inline.name.text)
    }

    private func of(publish wire: CSI.NodePublishVolumeRequest) -> (PoolName?, String) {
        let known = of(volume: wire.volumeID)
        guard known.0 == nil, wire.volumeContext[InlineHandle.contextKey] == "true",
            InlineHandle(wire.volumeID) != nil
        else { return known }
        let parameters = wire.volumeContext["pool"].map { ["pool": $0] } ?? [:]
        return (place(parameters, requisite: [], preferred: []), known.1)
    }

    private func of(create wire: CSI.CreateVolumeRequest) -> (PoolName?, String) {
        let subject = wire.name.cut(bytes: 128)
        switch wire.contentSource {
        case .snapshot(let id):
            return (SnapshotID(id).flatMap { catalog.name(ofPool: $0.pool) }, subject)
        case .volume(let id): return (VolumeID(id).flatMap { catalog.name(ofPool: $0.pool) }, subject)
        case .unspecified, nil:
            let place = wire.accessibilityRequirements
            return (
                self.place(
                    wire.parameters, requisite: (place?.requisite ?? []).map(\.segments),
                    preferred: (place?.preferred ?? []).map(\.segments)), subject
            )
        }
    }

    private func place(
        _ parameters: [String: String], requisite: [Topology], preferred: [Topology]
    ) -> PoolName? {
        do throws(VolumeFault) {
            // The name of the pool is all that matters here; what else is wrong with the parameters is told later.
            let named = try VolumeParameters(parameters.filter { $0.key == "pool" })
            return catalog.firstPool(for: named, requisite: requisite, preferred: preferred)
        } catch {
            return nil
        }
    }
}
