import CSIWire
import Testing

@Suite("The bytes on the wire")
struct WireFormatTests {
    @Test("of a probe that is ready, and of one that is not")
    func probe() {
        #expect(CSI.ProbeResponse(ready: true).encoded() == [0x0a, 0x02, 0x08, 0x01])
        #expect(CSI.ProbeResponse(ready: false).encoded() == [0x0a, 0x00])
        #expect(CSI.ProbeResponse().encoded() == [])
    }

    @Test("of a volume")
    func volume() {
        let reply = CSI.CreateVolumeResponse(volume: CSI.Volume(volumeID: "v", capacityBytes: 300))
        #expect(reply.encoded() == [0x0a, 0x06, 0x08, 0xac, 0x02, 0x12, 0x01, 0x76])
    }

    @Test("of a snapshot and its time")
    func snapshot() throws {
        let reply = CSI.CreateSnapshotResponse(
            snapshot: CSI.Snapshot(
                sizeBytes: 300, snapshotID: "s", sourceVolumeID: "v",
                creationTime: CSI.Timestamp(seconds: 300, nanos: 1), readyToUse: true, groupSnapshotID: "g"))
        let bytes: [UInt8] = [
            0x0a, 0x15,  // snapshot
            0x08, 0xac, 0x02,  // size_bytes
            0x12, 0x01, 0x73,  // snapshot_id
            0x1a, 0x01, 0x76,  // source_volume_id
            0x22, 0x05, 0x08, 0xac, 0x02, 0x10, 0x01,  // creation_time: seconds, nanos
            0x28, 0x01,  // ready_to_use
            0x32, 0x01, 0x67,  // group_snapshot_id
        ]
        #expect(reply.encoded() == bytes)
        #expect(try CSI.CreateSnapshotResponse(decoding: bytes) == reply)
    }

    @Test("of a negative number, which takes ten bytes")
    func negative() {
        #expect(
            CSI.ListVolumesRequest(maxEntries: -1).encoded()
                == [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])
    }

    @Test("of a map, ordered by key")
    func map() {
        let topology = CSI.GetCapacityRequest(parameters: ["b": "2", "a": "1"])
        #expect(
            topology.encoded() == [
                0x12, 0x06, 0x0a, 0x01, 0x61, 0x12, 0x01, 0x31, 0x12, 0x06, 0x0a, 0x01, 0x62, 0x12, 0x01,
                0x32,
            ])
    }

    @Test("of a capability, whose empty members are there")
    func capability() {
        let request = CSI.NodeExpandVolumeRequest(
            volumeCapability: CSI.VolumeCapability(access: .block, mode: .singleNodeWriter))
        #expect(request.encoded() == [0x2a, 0x06, 0x0a, 0x00, 0x1a, 0x02, 0x08, 0x01])
    }

    @Test(
        "are read as the rules of merging say: the last value counts, the last of a group wins"
    )
    func merging() throws {
        let twice = try CSI.NodeUnstageVolumeRequest(decoding: [0x0a, 0x01, 0x61, 0x0a, 0x01, 0x62])
        #expect(twice.volumeID == "b")

        // volume_capability: block, then mount.
        let group = try CSI.NodeExpandVolumeRequest(decoding: [0x2a, 0x04, 0x0a, 0x00, 0x12, 0x00])
        #expect(group.volumeCapability?.access == .mount())

        // One key of a map twice.
        let entries: [UInt8] = [0x12, 0x06, 0x0a, 0x01, 0x61, 0x12, 0x01, 0x31]
        let map = try CSI.GetCapacityRequest(decoding: entries + entries.dropLast() + [0x32])
        #expect(map.parameters == ["a": "2"])
    }

    @Test("may not hold one nested message in two parts, which protobuf-c would merge wrongly")
    func splitMessage() {
        // capacity_range: {required 1}, then {limit 2}.
        #expect(throws: CSIStatus(.invalidArgument, "CreateVolumeRequest.capacity_range is there twice")) {
            try CSI.CreateVolumeRequest(decoding: [0x12, 0x02, 0x08, 0x01, 0x12, 0x02, 0x10, 0x02])
        }
    }

    @Test("may hold fields that are not known")
    func unknownFields() throws {
        let bytes: [UInt8] = [
            0x0a, 0x01, 0x61,  // volume_id
            0xf8, 0x7f, 0x05,  // field 2047, a number
            0xfa, 0x7f, 0x02, 0xff, 0x00,  // field 2047, bytes that are no text
            0xfd, 0x7f, 1, 2, 3, 4,  // field 2047, four bytes
            0xf9, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8,  // field 2047, eight bytes
        ]
        #expect(try CSI.DeleteVolumeRequest(decoding: bytes) == CSI.DeleteVolumeRequest(volumeID: "a"))
    }
}
