import CSIWire

/// The requests that kubelet makes, with its paths and the keys that it adds.
extension Kubelet {
    func stageRequest(_ volume: PersistentVolume) -> CSI.NodeStageVolumeRequest {
        CSI.NodeStageVolumeRequest(
            volumeID: volume.handle, stagingTargetPath: staging(of: volume),
            volumeCapability: volume.capability, volumeContext: volume.attributes)
    }

    func publishRequest(
        _ volume: PersistentVolume, in pod: Pod, readOnly: Bool = false
    ) -> CSI.NodePublishVolumeRequest {
        let ofPod = [
            "csi.storage.k8s.io/ephemeral": "false", "csi.storage.k8s.io/pod.name": "web-0",
            "csi.storage.k8s.io/pod.namespace": "default", "csi.storage.k8s.io/pod.uid": pod.uid,
            "csi.storage.k8s.io/serviceAccount.name": "default",
        ]
        return CSI.NodePublishVolumeRequest(
            volumeID: volume.handle, stagingTargetPath: staging(of: volume),
            targetPath: target(of: volume, in: pod), volumeCapability: volume.capability, readonly: readOnly,
            volumeContext: volume.attributes.merging(ofPod) { $1 })
    }

    func unpublishRequest(_ volume: PersistentVolume, in pod: Pod) -> CSI.NodeUnpublishVolumeRequest {
        CSI.NodeUnpublishVolumeRequest(volumeID: volume.handle, targetPath: target(of: volume, in: pod))
    }

    func unstageRequest(_ volume: PersistentVolume) -> CSI.NodeUnstageVolumeRequest {
        CSI.NodeUnstageVolumeRequest(volumeID: volume.handle, stagingTargetPath: staging(of: volume))
    }

    func expandRequest(
        _ volume: PersistentVolume, in pod: Pod, to bytes: Int64
    ) -> CSI.NodeExpandVolumeRequest {
        CSI.NodeExpandVolumeRequest(
            volumeID: volume.handle, volumePath: target(of: volume, in: pod),
            capacityRange: CSI.CapacityRange(requiredBytes: bytes), stagingTargetPath: staging(of: volume),
            volumeCapability: volume.capability)
    }

    /// Statistics at the path with which kubelet asks each minute.
    func stats(_ volume: PersistentVolume, in pod: Pod) throws -> CSI.NodeGetVolumeStatsResponse {
        let path = volume.kind == .block ? globalMap(of: volume, in: pod) : target(of: volume, in: pod)
        return try client.call(CSI.NodeGetVolumeStatsRequest(volumeID: volume.handle, volumePath: path))
    }
}
