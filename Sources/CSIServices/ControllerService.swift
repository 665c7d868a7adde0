import CSIWire
import Log
package import Volumes

/// The Controller service, as far as volumes go; the publish pair is not offered, because there is no attach step.
package struct ControllerService: Sendable {
    let catalog: Catalog
    let node: NodeVolumes

    /// Serves the volumes of the catalog; `node` knows how they fare here.
    package init(catalog: Catalog, node: NodeVolumes) {
        self.catalog = catalog
        self.node = node
    }

    /// The methods of the service.
    package var handlers: [CSIHandler] {
        [
            CSIHandler(
                CSI.CreateVolumeRequest.self, subjectKey: .volumeName, subject: \.name, createVolume),
            CSIHandler(CSI.DeleteVolumeRequest.self, subject: \.volumeID, deleteVolume),
            CSIHandler(
                CSI.ValidateVolumeCapabilitiesRequest.self, subject: \.volumeID, validateVolumeCapabilities),
            CSIHandler(CSI.ListVolumesRequest.self, listVolumes),
            CSIHandler(CSI.GetCapacityRequest.self, getCapacity),
            CSIHandler(CSI.ControllerExpandVolumeRequest.self, subject: \.volumeID, expandVolume),
            CSIHandler(CSI.ControllerGetVolumeRequest.self, subject: \.volumeID, getVolume),
            Self.capabilities,
        ] + snapshotHandlers
    }

    /// Tells what the service offers, also where a relay serves it.
    package static let capabilities = CSIHandler(
        CSI.ControllerGetCapabilitiesRequest.self, isQuick: true
    ) { _ throws(VolumeFault) in
        CSI.ControllerGetCapabilitiesResponse(capabilities: [
            .createDeleteVolume, .listVolumes, .getCapacity, .createDeleteSnapshot, .listSnapshots,
            .cloneVolume, .expandVolume, .volumeCondition, .getVolume, .singleNodeMultiWriter,
            .getSnapshot,
        ])
    }

    @Sendable private func createVolume(
        _ request: CSI.CreateVolumeRequest
    ) throws(VolumeFault) -> CSI.CreateVolumeResponse {
        CSI.CreateVolumeResponse(volume: wire(try catalog.create(try checked(request))))
    }

    @Sendable private func deleteVolume(
        _ request: CSI.DeleteVolumeRequest
    ) throws(VolumeFault) -> CSI.DeleteVolumeResponse {
        // CSI 1.x, DeleteVolume: a volume that does not exist is deleted already.
        if let id = try RequestChecks.volumeID(request.volumeID) { try catalog.delete(id) }
        return CSI.DeleteVolumeResponse()
    }

    @Sendable private func expandVolume(
        _ request: CSI.ControllerExpandVolumeRequest
    ) throws(VolumeFault) -> CSI.ControllerExpandVolumeResponse {
        let id = try RequestChecks.volumeID(request.volumeID)
        guard let range = try RequestChecks.range(request.capacityRange) else {
            throw .malformed(field: "capacity_range", why: "it is required")
        }
        let capability = try request.volumeCapability.map { wire throws(VolumeFault) in
            try VolumeCapability(wire)
        }
        guard let id else { throw .missing("volume \(request.volumeID)") }
        let volume = try catalog.expand(id, to: range, usedAs: capability)
        return CSI.ControllerExpandVolumeResponse(
            capacityBytes: volume.size.bytes, nodeExpansionRequired: true)
    }

    @Sendable private func getVolume(
        _ request: CSI.ControllerGetVolumeRequest
    ) throws(VolumeFault) -> CSI.ControllerGetVolumeResponse {
        guard let id = try RequestChecks.volumeID(request.volumeID) else {
            throw .missing("volume \(request.volumeID)")
        }
        let volume = try catalog.settledVolume(id)
        let health = try node.health(of: [volume]).first
        return CSI.ControllerGetVolumeResponse(
            volume: wire(volume),
            status: CSI.VolumeStatus(volumeCondition: health.map(CSI.VolumeCondition.init)))
    }

    private func checked(_ request: CSI.CreateVolumeRequest) throws(VolumeFault) -> CreateRequest {
        let name = try RequestChecks.name(request.name)
        let capabilities = try VolumeCapability.list(request.volumeCapabilities)
        let range = try RequestChecks.range(request.capacityRange)
        let parameters = try VolumeParameters(try RequestChecks.map(request.parameters, "parameters"))
        guard request.mutableParameters.isEmpty else {
            throw .malformed(field: "mutable_parameters", why: "MODIFY_VOLUME is not offered; leave it empty")
        }
        let kind = try VolumeKind(serving: capabilities, parameters)
        let namesFilesystem =
            parameters.filesystem != nil
            || capabilities.contains { capability in
                if case .mount(.some, _) = capability.access { true } else { false }
            }
        let source = try ContentSource(request.contentSource)
        let place = request.accessibilityRequirements
        return try CreateRequest(
            name: name, range: range ?? .any, kind: kind, takesAnyFilesystem: !namesFilesystem,
            parameters: parameters, source: source, requisite: (place?.requisite ?? []).map(\.segments),
            preferred: (place?.preferred ?? []).map(\.segments),
            madeFor: ClaimNames(parameters: request.parameters))
    }

    func wire(_ volume: VolumeRecord) -> CSI.Volume {
        CSI.Volume(
            volumeID: "\(volume.id)", capacityBytes: volume.size.bytes, contentSource: volume.source?.wire,
            accessibleTopology: [CSI.Topology(segments: catalog.topology(of: volume.id.pool))])
    }
}

extension CSI.VolumeCondition {
    init(_ health: VolumeHealth) {
        self.init(abnormal: health.isAbnormal, message: health.message)
    }
}
