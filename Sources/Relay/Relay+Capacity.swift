import CSIWire
import Volumes

extension Relay {
    /// Passes GetCapacity to the node of the segment, or sums over all nodes where no segment is named.
    func capacity(
        _ bytes: [UInt8], until deadline: Int64, _ trace: inout Trace
    ) throws(CSIStatus) -> [UInt8] {
        let request = try CSI.GetCapacityRequest(decoding: bytes)
        let segments = request.accessibleTopology?.segments ?? [:]
        guard segments.isEmpty else {
            let asked = request.parameters["pool"].flatMap(PoolName.init)
            let candidates = try candidates(reaching: segments, asked: asked, until: deadline)
            guard !candidates.isEmpty else {
                // Nothing can be created so; an error would leave an old capacity standing.
                return CSI.GetCapacityResponse(availableCapacity: 0, maximumVolumeSize: 0).encoded()
            }
            return try forward(
                CSI.GetCapacityRequest.path, bytes, toOneOf: candidates.map(\.node), until: deadline, &trace)
        }
        let map = try fleet.whole(until: deadline)
        let rooms = try rooms(request, in: servable(request.parameters, in: map), until: deadline)
        return CSI.GetCapacityResponse(
            availableCapacity: rooms.reduce(0) { $0.addingClamped($1.1.availableCapacity) },
            maximumVolumeSize: rooms.map { $0.1.maximumVolumeSize ?? $0.1.availableCapacity }.max(),
            minimumVolumeSize: rooms.compactMap(\.1.minimumVolumeSize).min()
        ).encoded()
    }

    /// The room in each of these pools, of which each node is asked for its own.
    ///
    /// - Throws: UNAVAILABLE if one of them does not answer.
    func rooms(
        _ request: CSI.GetCapacityRequest, in places: [PoolPlace], until deadline: Int64
    ) throws(CSIStatus) -> [(PoolPlace, CSI.GetCapacityResponse)] {
        let questions = places.map { place in
            var part = request
            part.accessibleTopology = CSI.Topology(segments: [key(of: place.name): place.pool.text])
            return Question(place.node, part.encoded())
        }
        let verdicts = ask(questions, CSI.GetCapacityRequest.path, until: deadline)
        var rooms: [(PoolPlace, CSI.GetCapacityResponse)] = []
        for (place, verdict) in zip(places, verdicts) {
            switch verdict {
            case .answered(let reply): rooms.append((place, try CSI.GetCapacityResponse(decoding: reply)))
            case .refused(let status): throw status
            case .unreachable(let why): throw Self.unavailable(place.node, why)
            }
        }
        return rooms
    }

    func key(of pool: PoolName) -> String { "\(topologyPrefix)/pool.\(pool)" }

    /// The pools that volumes with these parameters may come to be in, each once, with a node that has it.
    func servable(_ parameters: [String: String], in map: FleetMap) -> [PoolPlace] {
        let asked = parameters["pool"].flatMap(PoolName.init)
        return map.pools.compactMap { pool in
            guard case .at(let nodes) = map.place(of: pool) else { return nil }
            return nodes.lazy.compactMap { PoolPlace(pool, at: $0, asked: asked) }.first
        }
    }
}

/// A pool, by its name, at one of the nodes that have it.
struct PoolPlace {
    let pool: PoolID
    let name: PoolName
    let node: FleetMap.Node

    /// Nothing if volumes that ask for a pool of that name, or for none, do not go to this one there.
    init?(_ pool: PoolID, at node: FleetMap.Node, asked: PoolName?) {
        guard let claim = node.claim, claim.serves(pool, asked: asked), let name = asked ?? claim.defaultPool
        else { return nil }
        self.pool = pool
        self.name = name
        self.node = node
    }
}

extension Int64 {
    /// The sum, or the largest number where it is larger.
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? .max : sum
    }
}
