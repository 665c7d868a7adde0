import CSIServices
package import CSIWire
import LinuxHost
import Log
import Synchronization
import Text
import Volumes

/// Answers the calls of the Controller and GroupController services by passing them to the nodes.
package final class Relay: Sendable {
    /// Threads that answer calls: enough for sidecars that work at full width (the provisioner's default is 100 workers)
    /// while some nodes hang.
    package static let workers = 256
    /// So many calls may be under way to one node, whatever its share of the workers is.
    static let mostPerNode = 128
    /// The longest that a node may take where the caller has set no deadline, in nanoseconds.
    static let longest: Int64 = 600_000_000_000

    /// The paths that it answers.
    package static let methods = [
        CSI.CreateVolumeRequest.path, CSI.DeleteVolumeRequest.path,
        CSI.ValidateVolumeCapabilitiesRequest.path,
        CSI.ListVolumesRequest.path, CSI.GetCapacityRequest.path, CSI.ControllerExpandVolumeRequest.path,
        CSI.ControllerGetVolumeRequest.path, CSI.CreateSnapshotRequest.path, CSI.DeleteSnapshotRequest.path,
        CSI.ListSnapshotsRequest.path, CSI.GetSnapshotRequest.path, CSI.CreateVolumeGroupSnapshotRequest.path,
        CSI.DeleteVolumeGroupSnapshotRequest.path, CSI.GetVolumeGroupSnapshotRequest.path,
    ]

    let fleet: Fleet
    let caller: any NodeCaller
    let topologyPrefix: String
    let sha256Hex: @Sendable (String) -> String
    let now: @Sendable () -> Int64
    let log: Logger
    /// Names of volumes for which a place is being chosen.
    let creating = Mutex<Set<VolumeName>>([])
    let underWay = Mutex<[NodeAddress: Int]>([:])

    /// Passes calls to the nodes of the fleet.
    package init(
        fleet: Fleet, sha256Hex: @escaping @Sendable (String) -> String,
        now: @escaping @Sendable () -> Int64 = { Clock.monotonicNanoseconds }
    ) {
        self.fleet = fleet
        caller = fleet.caller
        topologyPrefix = "topology.\(fleet.driver)"
        self.sha256Hex = sha256Hex
        self.now = now
        log = fleet.log
    }

    /// Answers a call of one of the relayed methods, in time for its caller's deadline (nanoseconds of the monotonic
    /// clock), and logs it in one line.
    ///
    /// - Throws: what the node says; UNAVAILABLE where no node, or not every node that it takes, can be asked.
    package func answer(_ path: String, _ request: [UInt8], until deadline: Int64?) throws(CSIStatus)
        -> [UInt8]
    {
        let began = now()
        var trace = Trace()
        do throws(CSIStatus) {
            let reply = try route(path, request, until: budget(deadline), &trace)
            log.log(.info, "relayed", fields(path, .ok, began, trace))
            return reply
        } catch {
            let status = error.about(trace.subject)
            log.log(
                .warning, "relayed", fields(path, status.code, began, trace) + [(.error, status.message)])
            throw status
        }
    }

    /// What a call is about and where it went, for its line in the log.
    struct Trace {
        var subject = ""
        var subjectKey = LogKey.volumeID
        var pool: PoolID?
        var nodes: [String] = []
    }

    private func route(
        _ path: String, _ request: [UInt8], until deadline: Int64, _ trace: inout Trace
    ) throws(CSIStatus) -> [UInt8] {
        let target = try CallTarget(path: path, request: request)
        let pools = target.pools
        trace.subject = target.subject
        trace.subjectKey = target.subjectKey
        switch path {
        case CSI.CreateVolumeRequest.path where pools.isEmpty:
            return try createVolume(request, until: deadline, &trace)
        case CSI.GetCapacityRequest.path: return try capacity(request, until: deadline, &trace)
        case CSI.ListVolumesRequest.path: return try listVolumes(request, until: deadline)
        case CSI.ListSnapshotsRequest.path where try !Self.isFiltered(request):
            return try listSnapshots(request, until: deadline)
        case CSI.CreateVolumeGroupSnapshotRequest.path where pools.count > 1:
            return try createGroup(request, of: pools, until: deadline, &trace)
        default:
            guard let pool = pools.first else {
                // No driver of ours made such an id, so every node says the same of it.
                return try forward(
                    path, request, toOneOf: try fleet.anyNodes(until: deadline), until: deadline, &trace)
            }
            trace.pool = pool
            return try forward(
                path, request, toOneOf: try fleet.nodes(of: pool, until: deadline), until: deadline, &trace)
        }
    }

    private static func isFiltered(_ request: [UInt8]) throws(CSIStatus) -> Bool {
        let request = try CSI.ListSnapshotsRequest(decoding: request)
        return !request.snapshotID.isEmpty || !request.sourceVolumeID.isEmpty
    }

    /// The time that nodes get: less than the caller has, so that it hears of a node that does not answer.
    private func budget(_ deadline: Int64?) -> Int64 {
        guard let deadline else { return now() + Self.longest }
        // A hundred calls that end at once take a busy machine hundreds of milliseconds to answer.
        return deadline - min(max(deadline - now(), 0) / 5, 1_000_000_000)
    }

    private func fields(
        _ path: String, _ code: CSICode, _ began: Int64, _ trace: Trace
    ) -> [(LogKey, any LogValue)] {
        var fields: [(LogKey, any LogValue)] = [
            (.method, path.parts(at: "/").last ?? path), (.code, code.name),
            (.ms, Double((now() - began) / 1000) / 1000),
        ]
        if !trace.subject.isEmpty { fields.append((trace.subjectKey, trace.subject)) }
        if let pool = trace.pool { fields.append((.poolID, pool.text)) }
        if !trace.nodes.isEmpty { fields.append((.nodeID, trace.nodes.joined(separator: ","))) }
        return fields
    }

    static func unavailable(_ node: FleetMap.Node, _ why: String) -> CSIStatus {
        CSIStatus(.unavailable, "node \(node.label): \(why)")
    }
}
