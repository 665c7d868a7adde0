import CSIWire
import Volumes

extension NodeService {
    @Sendable func stats(
        _ request: CSI.NodeGetVolumeStatsRequest
    ) throws(VolumeFault) -> CSI.NodeGetVolumeStatsResponse {
        let handle = try RequestChecks.required(request.volumeID, "volume_id")
        guard let path = try place(request.volumePath), let id = try volumes.id(of: handle) else {
            throw .missing("volume \(handle) at \(request.volumePath)")
        }
        let (usage, health) = try volumes.usage(of: id, at: path)
        var wire = [CSI.VolumeUsage(usage.bytes, .bytes)]
        if let inodes = usage.inodes { wire.append(CSI.VolumeUsage(inodes, .inodes)) }
        return CSI.NodeGetVolumeStatsResponse(usage: wire, volumeCondition: CSI.VolumeCondition(health))
    }

    @Sendable func expand(
        _ request: CSI.NodeExpandVolumeRequest
    ) throws(VolumeFault) -> CSI.NodeExpandVolumeResponse {
        let id = try RequestChecks.volumeID(request.volumeID)
        let path = try place(request.volumePath)
        let range = try RequestChecks.range(request.capacityRange)
        let capability = try request.volumeCapability.map { wire throws(VolumeFault) in
            try VolumeCapability(wire)
        }
        guard let id, let path else {
            throw .missing("volume \(request.volumeID) at \(request.volumePath)")
        }
        let size = try volumes.expand(id, at: path, to: range ?? .any, usedAs: capability)
        return CSI.NodeExpandVolumeResponse(capacityBytes: size.bytes)
    }

    /// A volume_path that is required, but where a path that cannot be ours means that the volume is not there
    /// (csi-sanity 5.5 sends relative ones and wants NOT_FOUND).
    private func place(_ text: String) throws(VolumeFault) -> HostPath? {
        guard !text.isEmpty else { throw .malformed(field: "volume_path", why: "it is required") }
        do {
            return try paths.admit(text, field: "volume_path")
        } catch {
            return nil
        }
    }
}

extension CSI.VolumeUsage {
    init(_ amounts: VolumeUsage.Amounts, _ unit: CSI.VolumeUsage.Unit) {
        self.init(available: amounts.available, total: amounts.total, used: amounts.used, unit: unit)
    }
}
