import CSIWire
import Testing
import Volumes
import VolumesTestSupport

@Suite("Snapshots as messages")
struct SnapshotTests {
    private func request(_ source: String, _ parameters: [String: String] = [:]) -> CSI.CreateSnapshotRequest
    {
        var request = CSI.CreateSnapshotRequest()
        request.name = "snap"
        request.sourceVolumeID = source
        request.parameters = parameters
        return request
    }

    @Test("A cut is ready at once, with size, source and moment, and is echoed as a source")
    func cut() throws {
        let services = try Services()
        let id = try services.create()
        let snapshot = try #require(try services.call(request(id)).snapshot)
        #expect(snapshot.readyToUse && snapshot.sizeBytes == 1 << 30 && snapshot.sourceVolumeID == id)
        #expect(try #require(snapshot.creationTime).seconds == 1_767_323_045)
        #expect(snapshot.groupSnapshotID.isEmpty)
        #expect(
            try services.call(CSI.GetSnapshotRequest(snapshotID: snapshot.snapshotID)).snapshot == snapshot)
        var copy = CSI.CreateVolumeRequest(name: "copy", volumeCapabilities: [.writer])
        copy.contentSource = .snapshot(id: snapshot.snapshotID)
        let volume = try #require(try services.call(copy).volume)
        #expect(volume.contentSource == copy.contentSource && volume.capacityBytes == 1 << 30)
    }

    @Test(
        "The class's consistency is frozen or crash; the sidecar's keys are let pass; all else is refused by name"
    )
    func parameters() throws {
        let services = try Services()
        let id = try services.create()
        let refused: [[String: String]] = [
            ["consistency": "maybe"], ["consistency": ""], ["Consistency": "crash"], ["x": "y"],
        ]
        for parameters in refused {
            let outcome = try services.outcome(request(id, parameters))
            #expect(outcome.code == .invalidArgument && outcome.message.contains("parameters"))
        }
        #expect(services.driver.quieter.events.isEmpty)
        try services.call(
            request(
                id,
                [
                    "consistency": "crash", "csi.storage.k8s.io/volumesnapshot/name": "a",
                    "deletionPolicy": "Retain", "csiSnapshotterSecretName": "s",
                ]))
        #expect(services.driver.quieter.events.first == "crash pvc-1")
    }
}
