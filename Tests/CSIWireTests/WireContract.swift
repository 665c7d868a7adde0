/// What the Container Storage Interface fixes for good: a change here breaks every caller.
enum WireContract {
    /// Each message with its fields and their numbers.
    static let messages = """
        VolumeCapability: block=1 mount=2 access_mode=3
        VolumeCapability.BlockVolume:
        VolumeCapability.MountVolume: fs_type=1 mount_flags=2 volume_mount_group=3
        VolumeCapability.AccessMode: mode=1
        CapacityRange: required_bytes=1 limit_bytes=2
        Volume: capacity_bytes=1 volume_id=2 volume_context=3 content_source=4 accessible_topology=5
        VolumeContentSource: snapshot=1 volume=2
        VolumeContentSource.SnapshotSource: snapshot_id=1
        VolumeContentSource.VolumeSource: volume_id=1
        TopologyRequirement: requisite=1 preferred=2
        Topology: segments=1
        Snapshot: size_bytes=1 snapshot_id=2 source_volume_id=3 creation_time=4 ready_to_use=5 group_snapshot_id=6
        VolumeCondition: abnormal=1 message=2
        VolumeUsage: available=1 total=2 used=3 unit=4
        VolumeGroupSnapshot: group_snapshot_id=1 snapshots=2 creation_time=3 ready_to_use=4
        BlockMetadata: byte_offset=1 size_bytes=2
        GetPluginInfoRequest:
        GetPluginInfoResponse: name=1 vendor_version=2 manifest=3
        GetPluginCapabilitiesRequest:
        GetPluginCapabilitiesResponse: capabilities=1
        ProbeRequest:
        ProbeResponse: ready=1
        PluginCapability: service=1 volume_expansion=2
        PluginCapability.Service: type=1
        PluginCapability.VolumeExpansion: type=1
        CreateVolumeRequest: name=1 capacity_range=2 volume_capabilities=3 parameters=4 secrets=5 volume_content_source=6 accessibility_requirements=7 mutable_parameters=8
        CreateVolumeResponse: volume=1
        DeleteVolumeRequest: volume_id=1 secrets=2
        DeleteVolumeResponse:
        ControllerPublishVolumeRequest: volume_id=1 node_id=2 volume_capability=3 readonly=4 secrets=5 volume_context=6
        ControllerPublishVolumeResponse: publish_context=1
        ControllerUnpublishVolumeRequest: volume_id=1 node_id=2 secrets=3
        ControllerUnpublishVolumeResponse:
        ValidateVolumeCapabilitiesRequest: volume_id=1 volume_context=2 volume_capabilities=3 parameters=4 secrets=5 mutable_parameters=6
        ValidateVolumeCapabilitiesResponse: confirmed=1 message=2
        ValidateVolumeCapabilitiesResponse.Confirmed: volume_context=1 volume_capabilities=2 parameters=3 mutable_parameters=4
        ListVolumesRequest: max_entries=1 starting_token=2
        ListVolumesResponse: entries=1 next_token=2
        ListVolumesResponse.VolumeStatus: published_node_ids=1 volume_condition=2
        ListVolumesResponse.Entry: volume=1 status=2
        GetCapacityRequest: volume_capabilities=1 parameters=2 accessible_topology=3
        GetCapacityResponse: available_capacity=1 maximum_volume_size=2 minimum_volume_size=3
        ControllerGetCapabilitiesRequest:
        ControllerGetCapabilitiesResponse: capabilities=1
        CreateSnapshotRequest: source_volume_id=1 name=2 secrets=3 parameters=4
        CreateSnapshotResponse: snapshot=1
        DeleteSnapshotRequest: snapshot_id=1 secrets=2
        DeleteSnapshotResponse:
        ListSnapshotsRequest: max_entries=1 starting_token=2 source_volume_id=3 snapshot_id=4 secrets=5
        ListSnapshotsResponse: entries=1 next_token=2
        ListSnapshotsResponse.Entry: snapshot=1
        GetSnapshotRequest: snapshot_id=1 secrets=2
        GetSnapshotResponse: snapshot=1
        ControllerExpandVolumeRequest: volume_id=1 capacity_range=2 secrets=3 volume_capability=4
        ControllerExpandVolumeResponse: capacity_bytes=1 node_expansion_required=2
        ControllerGetVolumeRequest: volume_id=1
        ControllerGetVolumeResponse: volume=1 status=2
        ControllerGetVolumeResponse.VolumeStatus: published_node_ids=1 volume_condition=2
        ControllerModifyVolumeRequest: volume_id=1 secrets=2 mutable_parameters=3
        ControllerModifyVolumeResponse:
        ControllerServiceCapability: rpc=1
        ControllerServiceCapability.RPC: type=1
        GroupControllerGetCapabilitiesRequest:
        GroupControllerGetCapabilitiesResponse: capabilities=1
        CreateVolumeGroupSnapshotRequest: name=1 source_volume_ids=2 secrets=3 parameters=4
        CreateVolumeGroupSnapshotResponse: group_snapshot=1
        DeleteVolumeGroupSnapshotRequest: group_snapshot_id=1 snapshot_ids=2 secrets=3
        DeleteVolumeGroupSnapshotResponse:
        GetVolumeGroupSnapshotRequest: group_snapshot_id=1 snapshot_ids=2 secrets=3
        GetVolumeGroupSnapshotResponse: group_snapshot=1
        GroupControllerServiceCapability: rpc=1
        GroupControllerServiceCapability.RPC: type=1
        GetMetadataAllocatedRequest: snapshot_id=1 starting_offset=2 max_results=3 secrets=4
        GetMetadataAllocatedResponse: block_metadata_type=1 volume_capacity_bytes=2 block_metadata=3
        GetMetadataDeltaRequest: base_snapshot_id=1 target_snapshot_id=2 starting_offset=3 max_results=4 secrets=5
        GetMetadataDeltaResponse: block_metadata_type=1 volume_capacity_bytes=2 block_metadata=3
        NodeStageVolumeRequest: volume_id=1 publish_context=2 staging_target_path=3 volume_capability=4 secrets=5 volume_context=6
        NodeStageVolumeResponse:
        NodeUnstageVolumeRequest: volume_id=1 staging_target_path=2
        NodeUnstageVolumeResponse:
        NodePublishVolumeRequest: volume_id=1 publish_context=2 staging_target_path=3 target_path=4 volume_capability=5 readonly=6 secrets=7 volume_context=8
        NodePublishVolumeResponse:
        NodeUnpublishVolumeRequest: volume_id=1 target_path=2
        NodeUnpublishVolumeResponse:
        NodeGetVolumeStatsRequest: volume_id=1 volume_path=2 staging_target_path=3
        NodeGetVolumeStatsResponse: usage=1 volume_condition=2
        NodeExpandVolumeRequest: volume_id=1 volume_path=2 capacity_range=3 staging_target_path=4 volume_capability=5 secrets=6
        NodeExpandVolumeResponse: capacity_bytes=1
        NodeGetCapabilitiesRequest:
        NodeGetCapabilitiesResponse: capabilities=1
        NodeGetInfoRequest:
        NodeGetInfoResponse: node_id=1 max_volumes_per_node=2 accessible_topology=3
        NodeServiceCapability: rpc=1
        NodeServiceCapability.RPC: type=1
        """.split(separator: "\n").map { String($0) }

    /// The numbers of the secret fields, by message.
    static let secrets: [String: UInt32] = [
        "CreateVolumeRequest": 5,
        "DeleteVolumeRequest": 2,
        "ControllerPublishVolumeRequest": 5,
        "ControllerUnpublishVolumeRequest": 3,
        "ValidateVolumeCapabilitiesRequest": 5,
        "CreateSnapshotRequest": 3,
        "DeleteSnapshotRequest": 2,
        "ListSnapshotsRequest": 5,
        "GetSnapshotRequest": 2,
        "ControllerExpandVolumeRequest": 3,
        "ControllerModifyVolumeRequest": 2,
        "CreateVolumeGroupSnapshotRequest": 3,
        "DeleteVolumeGroupSnapshotRequest": 3,
        "GetVolumeGroupSnapshotRequest": 3,
        "GetMetadataAllocatedRequest": 4,
        "GetMetadataDeltaRequest": 5,
        "NodeStageVolumeRequest": 5,
        "NodePublishVolumeRequest": 7,
        "NodeExpandVolumeRequest": 6,
    ]
}
