import CSIWire
import Testing

@Suite("Requests and replies survive the wire")
struct RoundTripTests {
    @Test("CreateVolume")
    func createVolume() throws {
        let request = CSI.CreateVolumeRequest(
            name: "pvc-1", capacityRange: CSI.CapacityRange(requiredBytes: 1 << 40, limitBytes: -1),
            volumeCapabilities: [
                CSI.VolumeCapability(access: .block, mode: .singleNodeWriter),
                CSI.VolumeCapability(
                    access: .mount(fsType: "xfs", flags: ["ro", "nouuid"], group: "7"),
                    mode: .unrecognized(99)),
                CSI.VolumeCapability(),
            ],
            parameters: ["b": "2", "a": "", "": "empty key"], secrets: CSI.Secrets(["k": "v"]),
            contentSource: .snapshot(id: "snap"),
            accessibilityRequirements: CSI.TopologyRequirement(
                requisite: [CSI.Topology(segments: ["zone": "ä"]), CSI.Topology()], preferred: []),
            mutableParameters: ["x": "y"])
        let decoded = try CSI.CreateVolumeRequest(decoding: request.encoded())
        #expect(decoded == request)
        #expect(try CSI.CreateVolumeRequest(decoding: []) == CSI.CreateVolumeRequest())
    }
}
