import CSIWire
import Text
import Volumes

extension ControllerService {
    @Sendable func listVolumes(
        _ request: CSI.ListVolumesRequest
    ) throws(VolumeFault) -> CSI.ListVolumesResponse {
        guard request.maxEntries >= 0 else {
            throw .malformed(field: "max_entries", why: "\(request.maxEntries) is negative")
        }
        let after = try catalog.position(request.startingToken, of: .volumes)
        let limit = request.maxEntries == 0 ? nil : Int(request.maxEntries)
        let page = try catalog.list(after: after, limit: limit)
        let healths = try node.health(of: page.volumes, images: page.images)
        return CSI.ListVolumesResponse(
            entries: zip(page.volumes, healths).map { volume, health in
                CSI.ListedVolume(
                    volume: wire(volume),
                    status: CSI.VolumeStatus(volumeCondition: CSI.VolumeCondition(health)))
            },
            nextToken: catalog.text(of: page.next, of: .volumes))
    }

    @Sendable func getCapacity(
        _ request: CSI.GetCapacityRequest
    ) throws(VolumeFault) -> CSI.GetCapacityResponse {
        let map = try RequestChecks.map(request.parameters, "parameters")
        let parameters = try VolumeParameters(map, ignoringSidecarKeys: true)
        guard let kind = servableKind(request.volumeCapabilities, parameters) else {
            // Nothing can be created so: a capacity of none is a normal answer, an error would leave an old one standing.
            return CSI.GetCapacityResponse(availableCapacity: 0, maximumVolumeSize: 0)
        }
        let segments = request.accessibleTopology?.segments ?? [:]
        let capacity = try catalog.capacity(parameters, kind: kind, at: segments.isEmpty ? nil : segments)
        return CSI.GetCapacityResponse(
            availableCapacity: capacity.available.bytes, maximumVolumeSize: capacity.available.bytes,
            minimumVolumeSize: capacity.minimum.bytes)
    }

    private func servableKind(
        _ wire: [CSI.VolumeCapability], _ parameters: VolumeParameters
    ) -> VolumeKind? {
        guard !wire.isEmpty else { return .filesystem(parameters.filesystem ?? .ext4) }
        do {
            return try VolumeKind(serving: try VolumeCapability.list(wire), parameters)
        } catch {
            return nil
        }
    }

    @Sendable func validateVolumeCapabilities(
        _ request: CSI.ValidateVolumeCapabilitiesRequest
    ) throws(VolumeFault) -> CSI.ValidateVolumeCapabilitiesResponse {
        let id = try RequestChecks.volumeID(request.volumeID)
        guard !request.volumeCapabilities.isEmpty else {
            throw .malformed(field: "volume_capabilities", why: "at least one is required")
        }
        guard let id else { throw .missing("volume \(request.volumeID)") }
        let volume = try catalog.volume(id)
        if let why = objection(to: request, volume) {
            return CSI.ValidateVolumeCapabilitiesResponse(message: why)
        }
        return CSI.ValidateVolumeCapabilitiesResponse(
            confirmed: CSI.ConfirmedCapabilities(
                volumeContext: request.volumeContext, volumeCapabilities: request.volumeCapabilities,
                parameters: request.parameters))
    }

    /// Why the volume cannot be confirmed to serve the request, or nothing where it does.
    private func objection(
        to request: CSI.ValidateVolumeCapabilitiesRequest, _ volume: VolumeRecord
    ) -> String? {
        do {
            for capability in try VolumeCapability.list(request.volumeCapabilities) {
                if let why = capability.mismatch(with: volume.kind) { return why }
            }
            let parameters = try VolumeParameters(request.parameters, ignoringSidecarKeys: true)
            guard request.parameters.isEmpty || parameters.withoutSectorSize == volume.parameters else {
                return "the volume was created with other parameters"
            }
            // A copy has its source's sectors, whatever its class leaves unsaid.
            if let sectors = parameters.sectorBytes, sectors != volume.sectorBytes {
                return "the volume has sectors of \(volume.sectorBytes) bytes"
            }
            guard request.mutableParameters.isEmpty else { return "mutable parameters are not offered" }
            guard request.volumeContext.keys.allSatisfy({ $0.holds("kubernetes.io/") }) else {
                return "the volume has no volume_context of its own"
            }
            return nil
        } catch {
            return error.summary
        }
    }
}
