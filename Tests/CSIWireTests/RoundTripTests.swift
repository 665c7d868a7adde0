import CSIWire
import Testing

/// Each value goes to the wire and back, and its wire form is read as JSON by the generated tables alone, so a field
/// that is copied from or to the wrong place shows.
@Suite("A message survives the wire, with each field in its place")
struct RoundTripTests {
    private let mount = CSI.VolumeCapability(
        access: .mount(fsType: "xfs", flags: ["ro", "nouuid"], group: "7"), mode: .singleNodeWriter)
    private let mountJSON = """
        {"mount":{"fs_type":"xfs","mount_flags":["ro","nouuid"],"volume_mount_group":"7"},\
        "access_mode":{"mode":"SINGLE_NODE_WRITER"}}
        """
    private let block = CSI.VolumeCapability(access: .block, mode: .multiNodeReaderOnly)
    private let blockJSON = #"{"block":{},"access_mode":{"mode":"MULTI_NODE_READER_ONLY"}}"#
    private let range = CSI.CapacityRange(requiredBytes: 1 << 40, limitBytes: -1)
    private let rangeJSON = #"{"required_bytes":"1099511627776","limit_bytes":"-1"}"#
    private let secrets = CSI.Secrets(["k": "v"])
    private let secretsJSON = #""secrets":"<redacted>""#
    private let topology = CSI.Topology(segments: ["zone": "ä"])
    private let topologyJSON = #"{"segments":{"zone":"ä"}}"#

    @Test("Identity calls")
    func identity() throws {
        try check(CSI.GetPluginInfoRequest(), "{}")
        try check(
            CSI.GetPluginInfoResponse(name: "n", vendorVersion: "1", manifest: ["b": "2", "a": "1"]),
            #"{"name":"n","vendor_version":"1","manifest":{"a":"1","b":"2"}}"#)
        try check(CSI.GetPluginCapabilitiesRequest(), "{}")
        try check(
            CSI.GetPluginCapabilitiesResponse(capabilities: [
                .service(.controllerService), .volumeExpansion(.online), .unspecified,
                .service(.unrecognized(9)),
            ]),
            #"{"capabilities":[{"service":{"type":"CONTROLLER_SERVICE"}},"#
                + #"{"volume_expansion":{"type":"ONLINE"}},{},{"service":{"type":9}}]}"#)
        try check(CSI.ProbeRequest(), "{}")
        try check(CSI.ProbeResponse(ready: true), #"{"ready":true}"#)
        try check(CSI.ProbeResponse(ready: false), #"{"ready":false}"#)
    }

    @Test("CreateVolume and DeleteVolume")
    func createAndDelete() throws {
        try check(
            CSI.CreateVolumeRequest(
                name: "pvc-1", capacityRange: range,
                volumeCapabilities: [mount, block, CSI.VolumeCapability()],
                parameters: ["b": "2", "a": "", "": "none"], secrets: secrets,
                contentSource: .snapshot(id: "s"),
                accessibilityRequirements: CSI.TopologyRequirement(
                    requisite: [topology, CSI.Topology()], preferred: [topology]),
                mutableParameters: ["x": "y"]),
            #"{"name":"pvc-1","capacity_range":\#(rangeJSON),"#
                + #""volume_capabilities":[\#(mountJSON),\#(blockJSON),{}],"#
                + #""parameters":{"":"none","a":"","b":"2"},\#(secretsJSON),"#
                + #""volume_content_source":{"snapshot":{"snapshot_id":"s"}},"#
                + #""accessibility_requirements":{"requisite":[\#(topologyJSON),{}],"preferred":[\#(topologyJSON)]},"#
                + #""mutable_parameters":{"x":"y"}}"#)
        try check(
            CSI.CreateVolumeResponse(
                volume: CSI.Volume(
                    volumeID: "v", capacityBytes: 5, volumeContext: ["k": "w"],
                    contentSource: .volume(id: "o"),
                    accessibleTopology: [topology])),
            #"{"volume":{"capacity_bytes":"5","volume_id":"v","volume_context":{"k":"w"},"#
                + #""content_source":{"volume":{"volume_id":"o"}},"accessible_topology":[\#(topologyJSON)]}}"#
        )
        try check(
            CSI.CreateVolumeResponse(volume: CSI.Volume(contentSource: .unspecified)),
            #"{"volume":{"content_source":{}}}"#)
        try check(
            CSI.DeleteVolumeRequest(volumeID: "v", secrets: secrets), #"{"volume_id":"v",\#(secretsJSON)}"#)
        try check(CSI.DeleteVolumeResponse(), "{}")
    }

    @Test("ValidateVolumeCapabilities")
    func validate() throws {
        let echo = #""volume_capabilities":[\#(mountJSON)],"parameters":{"b":"2"}"#
        try check(
            CSI.ValidateVolumeCapabilitiesRequest(
                volumeID: "v", volumeContext: ["a": "1"], volumeCapabilities: [mount], parameters: ["b": "2"],
                secrets: secrets, mutableParameters: ["c": "3"]),
            #"{"volume_id":"v","volume_context":{"a":"1"},\#(echo),\#(secretsJSON),"mutable_parameters":{"c":"3"}}"#
        )
        try check(
            CSI.ValidateVolumeCapabilitiesResponse(
                confirmed: CSI.ConfirmedCapabilities(
                    volumeContext: ["a": "1"], volumeCapabilities: [mount], parameters: ["b": "2"],
                    mutableParameters: ["c": "3"]),
                message: "m"),
            #"{"confirmed":{"volume_context":{"a":"1"},\#(echo),"mutable_parameters":{"c":"3"}},"message":"m"}"#
        )
    }

    @Test("ListVolumes and ControllerGetVolume")
    func list() throws {
        let volume = CSI.Volume(volumeID: "v")
        let status = CSI.VolumeStatus(
            publishedNodeIDs: ["n1", "n2"],
            volumeCondition: CSI.VolumeCondition(abnormal: true, message: "bad"))
        let both =
            #""volume":{"volume_id":"v"},"status":{"published_node_ids":["n1","n2"],"#
            + #""volume_condition":{"abnormal":true,"message":"bad"}}"#
        try check(
            CSI.ListVolumesRequest(maxEntries: -1, startingToken: "t"),
            #"{"max_entries":-1,"starting_token":"t"}"#)
        try check(
            CSI.ListVolumesResponse(
                entries: [CSI.ListedVolume(volume: volume, status: status), CSI.ListedVolume()],
                nextToken: "t"),
            #"{"entries":[{\#(both)},{}],"next_token":"t"}"#)
        try check(CSI.ControllerGetVolumeRequest(volumeID: "v"), #"{"volume_id":"v"}"#)
        try check(CSI.ControllerGetVolumeResponse(volume: volume, status: status), "{\(both)}")
    }

    @Test("GetCapacity, ControllerExpandVolume and ControllerGetCapabilities")
    func controller() throws {
        try check(
            CSI.GetCapacityRequest(
                volumeCapabilities: [block], parameters: ["a": "b"], accessibleTopology: topology),
            #"{"volume_capabilities":[\#(blockJSON)],"parameters":{"a":"b"},"accessible_topology":\#(topologyJSON)}"#
        )
        try check(
            CSI.GetCapacityResponse(availableCapacity: .max, maximumVolumeSize: 0, minimumVolumeSize: .min),
            #"{"available_capacity":"9223372036854775807","maximum_volume_size":"0","#
                + #""minimum_volume_size":"-9223372036854775808"}"#)
        try check(
            CSI.ControllerExpandVolumeRequest(
                volumeID: "v", capacityRange: range, secrets: secrets, volumeCapability: mount),
            #"{"volume_id":"v","capacity_range":\#(rangeJSON),\#(secretsJSON),"volume_capability":\#(mountJSON)}"#
        )
        try check(
            CSI.ControllerExpandVolumeResponse(capacityBytes: 9, nodeExpansionRequired: true),
            #"{"capacity_bytes":"9","node_expansion_required":true}"#)
        try check(CSI.ControllerGetCapabilitiesRequest(), "{}")
        try check(
            CSI.ControllerGetCapabilitiesResponse(capabilities: [.createDeleteVolume, .getSnapshot]),
            #"{"capabilities":[{"rpc":{"type":"CREATE_DELETE_VOLUME"}},{"rpc":{"type":"GET_SNAPSHOT"}}]}"#)
    }

    @Test("Node calls that stage and publish")
    func stageAndPublish() throws {
        try check(
            CSI.NodeStageVolumeRequest(
                volumeID: "v", publishContext: ["a": "1"], stagingTargetPath: "/s", volumeCapability: mount,
                secrets: secrets, volumeContext: ["b": "2"]),
            #"{"volume_id":"v","publish_context":{"a":"1"},"staging_target_path":"/s","#
                + #""volume_capability":\#(mountJSON),\#(secretsJSON),"volume_context":{"b":"2"}}"#)
        try check(CSI.NodeStageVolumeResponse(), "{}")
        try check(
            CSI.NodeUnstageVolumeRequest(volumeID: "v", stagingTargetPath: "/s"),
            #"{"volume_id":"v","staging_target_path":"/s"}"#)
        try check(CSI.NodeUnstageVolumeResponse(), "{}")
        try check(
            CSI.NodePublishVolumeRequest(
                volumeID: "v", publishContext: ["a": "1"], stagingTargetPath: "/s", targetPath: "/t",
                volumeCapability: block, readonly: true, secrets: secrets, volumeContext: ["b": "2"]),
            #"{"volume_id":"v","publish_context":{"a":"1"},"staging_target_path":"/s","target_path":"/t","#
                + #""volume_capability":\#(blockJSON),"readonly":true,\#(secretsJSON),"volume_context":{"b":"2"}}"#
        )
        try check(CSI.NodePublishVolumeResponse(), "{}")
        try check(
            CSI.NodeUnpublishVolumeRequest(volumeID: "v", targetPath: "/t"),
            #"{"volume_id":"v","target_path":"/t"}"#)
        try check(CSI.NodeUnpublishVolumeResponse(), "{}")
    }

    @Test("Node calls that measure, grow and describe")
    func measureAndGrow() throws {
        try check(
            CSI.NodeGetVolumeStatsRequest(volumeID: "v", volumePath: "/p", stagingTargetPath: "/s"),
            #"{"volume_id":"v","volume_path":"/p","staging_target_path":"/s"}"#)
        try check(
            CSI.NodeGetVolumeStatsResponse(
                usage: [CSI.VolumeUsage(available: 1, total: 2, used: 3, unit: .inodes)],
                volumeCondition: CSI.VolumeCondition(abnormal: false, message: "fine")),
            #"{"usage":[{"available":"1","total":"2","used":"3","unit":"INODES"}],"#
                + #""volume_condition":{"message":"fine"}}"#)
        try check(
            CSI.NodeExpandVolumeRequest(
                volumeID: "v", volumePath: "/p", capacityRange: range, stagingTargetPath: "/s",
                volumeCapability: mount, secrets: secrets),
            #"{"volume_id":"v","volume_path":"/p","capacity_range":\#(rangeJSON),"staging_target_path":"/s","#
                + #""volume_capability":\#(mountJSON),\#(secretsJSON)}"#)
        try check(CSI.NodeExpandVolumeResponse(capacityBytes: 7), #"{"capacity_bytes":"7"}"#)
        try check(CSI.NodeGetCapabilitiesRequest(), "{}")
        try check(
            CSI.NodeGetCapabilitiesResponse(capabilities: [.stageUnstageVolume, .unknown, .unrecognized(-3)]),
            #"{"capabilities":[{"rpc":{"type":"STAGE_UNSTAGE_VOLUME"}},{"rpc":{}},{"rpc":{"type":-3}}]}"#)
        try check(CSI.NodeGetInfoRequest(), "{}")
        try check(
            CSI.NodeGetInfoResponse(nodeID: "n", maxVolumesPerNode: 64, accessibleTopology: topology),
            #"{"node_id":"n","max_volumes_per_node":"64","accessible_topology":\#(topologyJSON)}"#)
    }

    @Test("a NUL in a string of ours becomes a replacement character, not an end")
    func nulOnTheWayOut() throws {
        let reply = CSI.ValidateVolumeCapabilitiesResponse(message: "a\0b\0")
        let decoded = try CSI.ValidateVolumeCapabilitiesResponse(decoding: reply.encoded())
        #expect(decoded.message == "a\u{FFFD}b\u{FFFD}")
    }
}
