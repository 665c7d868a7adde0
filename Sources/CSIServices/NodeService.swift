import CSIWire
package import Volumes

/// Bounds that the operator of a node sets.
package struct NodeLimits: Equatable, Sendable {
    /// The most volumes that the scheduler may put on the node; zero for no bound.
    package let volumes: Int64
    /// The largest inline volume; zero where there are to be none.
    package let inlineSize: ByteCount

    /// Sets the bounds.
    package init(volumes: Int64 = 0, inlineSize: ByteCount = .gibibytes(10)) {
        self.volumes = volumes
        self.inlineSize = inlineSize
    }
}

/// The Node service: volumes staged and published on this node.
package struct NodeService: Sendable {
    let nodeID: String
    let volumes: NodeVolumes
    let topology: @Sendable () -> Topology
    let paths: PathPolicy
    let limits: NodeLimits

    /// Serves the volumes of this node, at paths that the policy admits and within its limits; `topology` is asked each time.
    package init(
        nodeID: String, volumes: NodeVolumes, topology: @escaping @Sendable () -> Topology, paths: PathPolicy,
        limits: NodeLimits = NodeLimits()
    ) {
        self.nodeID = nodeID
        self.volumes = volumes
        self.topology = topology
        self.paths = paths
        self.limits = limits
    }

    /// The methods of the service.
    package var handlers: [CSIHandler] {
        [
            CSIHandler(CSI.NodeStageVolumeRequest.self, subject: \.volumeID, stage),
            CSIHandler(CSI.NodeUnstageVolumeRequest.self, subject: \.volumeID, unstage),
            CSIHandler(CSI.NodePublishVolumeRequest.self, subject: \.volumeID, publish),
            CSIHandler(CSI.NodeUnpublishVolumeRequest.self, subject: \.volumeID, unpublish),
            CSIHandler(CSI.NodeGetVolumeStatsRequest.self, subject: \.volumeID, stats),
            CSIHandler(CSI.NodeExpandVolumeRequest.self, subject: \.volumeID, expand),
            Self.capabilities,
            CSIHandler(CSI.NodeGetInfoRequest.self, isQuick: true) {
                [nodeID, topology, limits] _ throws(VolumeFault) in
                CSI.NodeGetInfoResponse(
                    nodeID: nodeID, maxVolumesPerNode: limits.volumes,
                    accessibleTopology: CSI.Topology(segments: topology()))
            },
        ]
    }

    /// Tells what the service offers, also where a relay serves it, which the external-resizer asks.
    package static let capabilities = CSIHandler(
        CSI.NodeGetCapabilitiesRequest.self, isQuick: true
    ) { _ throws(VolumeFault) in
        CSI.NodeGetCapabilitiesResponse(capabilities: [
            .stageUnstageVolume, .getVolumeStats, .expandVolume, .volumeCondition, .singleNodeMultiWriter,
        ])
    }

    @Sendable private func stage(
        _ request: CSI.NodeStageVolumeRequest
    ) throws(VolumeFault) -> CSI.NodeStageVolumeResponse {
        let id = try RequestChecks.volumeID(request.volumeID)
        let path = try paths.admit(request.stagingTargetPath, field: "staging_target_path")
        let capability = try VolumeCapability(request.volumeCapability)
        guard let id else { throw .missing("volume \(request.volumeID)") }
        try volumes.stage(id, at: path, capability)
        return CSI.NodeStageVolumeResponse()
    }

    @Sendable private func unstage(
        _ request: CSI.NodeUnstageVolumeRequest
    ) throws(VolumeFault) -> CSI.NodeUnstageVolumeResponse {
        let id = try RequestChecks.volumeID(request.volumeID)
        let path = try paths.admit(request.stagingTargetPath, field: "staging_target_path")
        // CSI 1.x, NodeUnstageVolume: what is not staged is unstaged already.
        if let id { try volumes.unstage(id, at: path) }
        return CSI.NodeUnstageVolumeResponse()
    }

    @Sendable private func publish(
        _ request: CSI.NodePublishVolumeRequest
    ) throws(VolumeFault) -> CSI.NodePublishVolumeResponse {
        let id = try RequestChecks.volumeID(request.volumeID)
        let target = try paths.admit(request.targetPath, field: "target_path")
        let capability = try VolumeCapability(request.volumeCapability)
        if request.volumeContext[InlineHandle.contextKey] == "true" {
            return try publishInline(request, at: target, capability)
        }
        guard let id else { throw .missing("volume \(request.volumeID)") }
        try volumes.publish(
            id, from: try staging(request, of: id), to: target, capability, readOnly: request.readonly)
        return CSI.NodePublishVolumeResponse()
    }

    /// CSI 1.x, NodePublishVolume: without a staging path a plugin with STAGE_UNSTAGE_VOLUME answers
    /// FAILED_PRECONDITION, once it is known that the volume exists.
    private func staging(
        _ request: CSI.NodePublishVolumeRequest, of id: VolumeID
    ) throws(VolumeFault) -> HostPath {
        guard request.stagingTargetPath.isEmpty else {
            return try paths.admit(request.stagingTargetPath, field: "staging_target_path")
        }
        try volumes.verifyExists(id)
        throw .notNow("staging_target_path is empty; the volume must be staged first")
    }

    private func publishInline(
        _ request: CSI.NodePublishVolumeRequest, at target: HostPath, _ capability: VolumeCapability
    ) throws(VolumeFault) -> CSI.NodePublishVolumeResponse {
        guard let handle = InlineHandle(request.volumeID) else {
            throw .malformed(
                field: "volume_id", why: "an inline volume has one of the form csi-<64 hex digits>")
        }
        guard limits.inlineSize > .zero else {
            throw .notNow(
                "inline volumes are switched off on this node (--inline-limit or --inline-share is 0)")
        }
        let wish = try CreateRequest(
            inline: handle, attributes: try RequestChecks.map(request.volumeContext, "volume_context"),
            capability, at: target, limit: limits.inlineSize)
        try volumes.publishInline(wish, to: target, capability, readOnly: request.readonly)
        return CSI.NodePublishVolumeResponse()
    }

    @Sendable private func unpublish(
        _ request: CSI.NodeUnpublishVolumeRequest
    ) throws(VolumeFault) -> CSI.NodeUnpublishVolumeResponse {
        let handle = try RequestChecks.required(request.volumeID, "volume_id")
        let target = try paths.admit(request.targetPath, field: "target_path")
        // CSI 1.x, NodeUnpublishVolume: what is not published is unpublished already.
        if let id = try volumes.id(of: handle, leaving: target) { try volumes.unpublish(id, from: target) }
        return CSI.NodeUnpublishVolumeResponse()
    }
}
