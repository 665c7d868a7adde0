import CSIWire
import Text
import Volumes

extension Relay {
    /// Passes a call to the first of these nodes that takes it.
    ///
    /// Of a shared pool any node will do for most calls. What only the node can do that has the volume attached, as a
    /// frozen snapshot, the others refuse with FAILED_PRECONDITION, because it holds the lock of the image. So the
    /// next one is asked then, and also where one cannot be reached: all work on the same files, so a call that
    /// arrives twice is a repeated call.
    func forward(
        _ path: String, _ request: [UInt8], toOneOf nodes: [FleetMap.Node], until deadline: Int64,
        _ trace: inout Trace
    ) throws(CSIStatus) -> [UInt8] {
        var refusals: [(FleetMap.Node, CSIStatus)] = []
        for node in nodes {
            trace.nodes.append(node.claim?.identity.node ?? node.address.text)
            switch ask([Question(node, request)], path, until: deadline).first {
            case .answered(let reply): return reply
            case .refused(let status):
                guard status.code == .failedPrecondition else { throw status }
                refusals.append((node, status))
            case .unreachable(let why): refusals.append((node, Self.unavailable(node, why)))
            case nil: break
            }
            if now() >= deadline { break }
        }
        throw Self.verdict(of: refusals)
    }

    /// Of so many nodes a message repeats what they say.
    private static let mostNamed = 4

    /// What to say where each node refused: that it is not over while one of them may have done it.
    static func verdict(of refusals: [(FleetMap.Node, CSIStatus)]) -> CSIStatus {
        if refusals.count == 1, let only = refusals.first { return only.1 }
        if let (_, status) = refusals.first(where: { $0.1.code == .unavailable }) { return status }
        let code = refusals.contains { $0.1.code == .resourceExhausted } ? CSICode.resourceExhausted : nil
        return CSIStatus(
            code ?? refusals.last?.1.code ?? .unavailable,
            refusals.prefix(mostNamed).map { "\($0.0.label): \($0.1.message.cut(bytes: 400))" }
                .joined(separator: "; ")
                + (refusals.count > mostNamed ? "; and \(refusals.count - mostNamed) more" : ""))
    }

    /// Passes on the creation of a group whose members lie in several pools, to a node that has them all.
    func createGroup(
        _ request: [UInt8], of pools: [PoolID], until deadline: Int64, _ trace: inout Trace
    ) throws(CSIStatus) -> [UInt8] {
        var common: [FleetMap.Node]?
        var places: [String] = []
        for pool in pools {
            let nodes = try fleet.nodes(of: pool, until: deadline)
            places.append("pool \(pool) on \(nodes.map(\.label).joined(separator: ", "))")
            common =
                common.map { known in
                    known.filter { node in nodes.contains { $0.address == node.address } }
                } ?? nodes
        }
        guard let nodes = common, !nodes.isEmpty else {
            // CSI 1.x, CreateVolumeGroupSnapshot: FAILED_PRECONDITION where the volumes cannot be in one group.
            throw CSIStatus(
                .failedPrecondition,
                "source_volume_ids: the volumes are on different nodes, which cannot hold their writes back at one "
                    + "moment: \(places.joined(separator: "; "))")
        }
        return try forward(
            CSI.CreateVolumeGroupSnapshotRequest.path, request, toOneOf: nodes, until: deadline, &trace)
    }
}
