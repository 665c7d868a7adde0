import CSIWire
import Testing

/// Like `RoundTripTests`, for the calls about snapshots, groups of them and changed properties.
@Suite("A message about snapshots survives the wire, with each field in its place")
struct SnapshotRoundTripTests {
    private let secrets = CSI.Secrets(["k": "v"])
    private let secretsJSON = #""secrets":"<redacted>""#
    private let snapshot = CSI.Snapshot(
        sizeBytes: 1 << 40, snapshotID: "s", sourceVolumeID: "v",
        creationTime: CSI.Timestamp(seconds: 1_700_000_000, nanos: 500_000_000), readyToUse: true,
        groupSnapshotID: "g")
    private let snapshotJSON = """
        {"size_bytes":"1099511627776","snapshot_id":"s","source_volume_id":"v",\
        "creation_time":"2023-11-14T22:13:20.500Z","ready_to_use":true,"group_snapshot_id":"g"}
        """

    private var group: CSI.VolumeGroupSnapshot {
        CSI.VolumeGroupSnapshot(
            groupSnapshotID: "g", snapshots: [snapshot, CSI.Snapshot()],
            creationTime: CSI.Timestamp(seconds: -1, nanos: 1), readyToUse: true)
    }
    private var groupJSON: String {
        #"{"group_snapshot_id":"g","snapshots":[\#(snapshotJSON),{}],"#
            + #""creation_time":"1969-12-31T23:59:59.000000001Z","ready_to_use":true}"#
    }

    @Test("CreateSnapshot and DeleteSnapshot")
    func createAndDelete() throws {
        try check(
            CSI.CreateSnapshotRequest(
                sourceVolumeID: "v", name: "n", secrets: secrets, parameters: ["b": "2", "a": "1"]),
            #"{"source_volume_id":"v","name":"n",\#(secretsJSON),"parameters":{"a":"1","b":"2"}}"#)
        try check(CSI.CreateSnapshotResponse(snapshot: snapshot), #"{"snapshot":\#(snapshotJSON)}"#)
        try check(
            CSI.DeleteSnapshotRequest(snapshotID: "s", secrets: secrets),
            #"{"snapshot_id":"s",\#(secretsJSON)}"#)
        try check(CSI.DeleteSnapshotResponse(), "{}")
    }

    @Test("ListSnapshots and GetSnapshot")
    func list() throws {
        try check(
            CSI.ListSnapshotsRequest(
                maxEntries: 3, startingToken: "t", sourceVolumeID: "v", snapshotID: "s", secrets: secrets),
            #"{"max_entries":3,"starting_token":"t","source_volume_id":"v","snapshot_id":"s",\#(secretsJSON)}"#
        )
        try check(
            CSI.ListSnapshotsResponse(
                entries: [CSI.ListedSnapshot(snapshot: snapshot), CSI.ListedSnapshot()], nextToken: "t"),
            #"{"entries":[{"snapshot":\#(snapshotJSON)},{}],"next_token":"t"}"#)
        try check(
            CSI.GetSnapshotRequest(snapshotID: "s", secrets: secrets), #"{"snapshot_id":"s",\#(secretsJSON)}"#
        )
        try check(CSI.GetSnapshotResponse(snapshot: snapshot), #"{"snapshot":\#(snapshotJSON)}"#)
    }

    @Test("A time that is not set differs from the start of 1970")
    func times() throws {
        try check(
            CSI.GetSnapshotResponse(snapshot: CSI.Snapshot(creationTime: CSI.Timestamp())),
            #"{"snapshot":{"creation_time":"1970-01-01T00:00:00Z"}}"#)
        try check(CSI.GetSnapshotResponse(snapshot: CSI.Snapshot()), #"{"snapshot":{}}"#)
    }

    @Test("ControllerModifyVolume")
    func modify() throws {
        try check(
            CSI.ControllerModifyVolumeRequest(
                volumeID: "v", secrets: secrets, mutableParameters: ["a": "1"]),
            #"{"volume_id":"v",\#(secretsJSON),"mutable_parameters":{"a":"1"}}"#)
        try check(CSI.ControllerModifyVolumeResponse(), "{}")
    }

    @Test("GroupController calls")
    func groups() throws {
        try check(CSI.GroupControllerGetCapabilitiesRequest(), "{}")
        try check(
            CSI.GroupControllerGetCapabilitiesResponse(capabilities: [
                .createDeleteGetVolumeGroupSnapshot, .unknown, .unrecognized(9),
            ]),
            #"{"capabilities":[{"rpc":{"type":"CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT"}},{"rpc":{}},"#
                + #"{"rpc":{"type":9}}]}"#)
        try check(
            CSI.CreateVolumeGroupSnapshotRequest(
                name: "n", sourceVolumeIDs: ["v", "w"], secrets: secrets, parameters: ["a": "1"]),
            #"{"name":"n","source_volume_ids":["v","w"],\#(secretsJSON),"parameters":{"a":"1"}}"#)
        try check(
            CSI.CreateVolumeGroupSnapshotResponse(groupSnapshot: group), #"{"group_snapshot":\#(groupJSON)}"#)
        let named = #"{"group_snapshot_id":"g","snapshot_ids":["s","t"],\#(secretsJSON)}"#
        try check(
            CSI.DeleteVolumeGroupSnapshotRequest(
                groupSnapshotID: "g", snapshotIDs: ["s", "t"], secrets: secrets),
            named)
        try check(CSI.DeleteVolumeGroupSnapshotResponse(), "{}")
        try check(
            CSI.GetVolumeGroupSnapshotRequest(
                groupSnapshotID: "g", snapshotIDs: ["s", "t"], secrets: secrets),
            named)
        try check(
            CSI.GetVolumeGroupSnapshotResponse(groupSnapshot: group), #"{"group_snapshot":\#(groupJSON)}"#)
    }
}
