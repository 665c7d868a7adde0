import CSIServices
import CSIWire
import Testing
import Volumes
import VolumesTestSupport

@Suite("Calls from a relay")
struct RelayedTests {
    private let services: Services
    private let handlers: [String: CSIHandler]
    private static let elsewhere = "00000000000000aa"

    init() throws {
        let services = try Services()
        let catalog = services.driver.catalog
        let all =
            ControllerService(catalog: catalog, node: services.driver.volumes).handlers
            + GroupControllerService(catalog: catalog).handlers
        handlers = Dictionary(
            uniqueKeysWithValues: all.refusing(
                poolsBesides: { [services.driver.store.pool.id] }, on: "node-1"
            ).map { ($0.path, $0) })
        self.services = services
    }

    private func outcome<Request: CSIRequest>(_ request: Request) throws -> CSIStatus? {
        do throws(CSIStatus) {
            _ = try handlers[Request.path]?.run(request.encoded(), log: services.lines.logger) { 0 }
            return nil
        } catch {
            return error
        }
    }

    private func isSentAway(_ request: some CSIRequest) throws {
        let wanted = CSIStatus(.unavailable, "pool \(Self.elsewhere) is not on node node-1")
        #expect(try outcome(request) == wanted)
        #expect(services.lines.last.contains("UNAVAILABLE"))
    }

    @Test("A call that names a pool of another node is UNAVAILABLE, whatever it would be else")
    func elsewhere() throws {
        let id = "\(Self.elsewhere).x"
        try isSentAway(CSI.DeleteVolumeRequest(volumeID: id))
        try isSentAway(CSI.DeleteSnapshotRequest(snapshotID: id))
        try isSentAway(CSI.GetSnapshotRequest(snapshotID: id))
        try isSentAway(CSI.ListSnapshotsRequest(sourceVolumeID: id))
        try isSentAway(CSI.ListSnapshotsRequest(snapshotID: id))
        try isSentAway(CSI.ListVolumesRequest(startingToken: "\(id)~12345678"))
        try isSentAway(CSI.ControllerGetVolumeRequest(volumeID: id))
        try isSentAway(
            CSI.ControllerExpandVolumeRequest(
                volumeID: id, capacityRange: CSI.CapacityRange(requiredBytes: 1)))
        try isSentAway(
            CSI.ValidateVolumeCapabilitiesRequest(volumeID: id, volumeCapabilities: [.writer]))
        try isSentAway(CSI.CreateSnapshotRequest(sourceVolumeID: id, name: "s"))
        try isSentAway(
            CSI.CreateVolumeRequest(
                name: "v", volumeCapabilities: [.writer], contentSource: .snapshot(id: id)))
        let own = try services.create("own")
        try isSentAway(CSI.CreateVolumeGroupSnapshotRequest(name: "g", sourceVolumeIDs: [own, id]))
        try isSentAway(CSI.DeleteVolumeGroupSnapshotRequest(groupSnapshotID: id))
        try isSentAway(CSI.GetVolumeGroupSnapshotRequest(groupSnapshotID: id))
    }

    @Test("All other calls have the answers that every caller gets")
    func here() throws {
        let own = try services.create("own")
        #expect(try outcome(CSI.ControllerGetVolumeRequest(volumeID: own)) == nil)
        #expect(try outcome(CSI.ListVolumesRequest()) == nil)
        #expect(try outcome(CSI.ControllerGetCapabilitiesRequest()) == nil)
        #expect(try outcome(CSI.DeleteVolumeRequest(volumeID: "somebody's")) == nil)
        #expect(try outcome(CSI.ControllerGetVolumeRequest(volumeID: "somebody's"))?.code == .notFound)
        #expect(try outcome(CSI.DeleteVolumeRequest())?.code == .invalidArgument)
        let pool = services.driver.store.pool.id
        #expect(try outcome(CSI.GetSnapshotRequest(snapshotID: "\(pool).none"))?.code == .notFound)
        #expect(try outcome(CSI.DeleteVolumeRequest(volumeID: own)) == nil)
    }

    @Test("Bytes that are no request are INVALID_ARGUMENT, and quick calls stay quick")
    func bytes() throws {
        let status = #expect(throws: CSIStatus.self) {
            try handlers[CSI.DeleteVolumeRequest.path]?.run([0x0a, 0x7f], log: services.lines.logger) { 0 }
        }
        #expect(status?.code == .invalidArgument)
        #expect(handlers[CSI.ControllerGetCapabilitiesRequest.path]?.isQuick == true)
    }
}
