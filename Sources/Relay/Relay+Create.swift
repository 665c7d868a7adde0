import CSIWire
import Synchronization
import Text
import Volumes

extension Relay {
    /// Passes on the creation of a volume that has no source: to the first place in the topology's order that has
    /// room, or to the one with most room where no topology is given.
    ///
    /// A call may be a repeated one whose first answer got lost. So where several nodes may have made the volume, they
    /// are asked for one of that name first. `LIMIT:` with a topology, these are a handful at a time, and only the
    /// first place must answer. An earlier attempt may have gone to another one, because the first was full then; if
    /// that one is unreachable now, or further down than a handful, the older volume stays behind, to be seen in
    /// `loopcsi volume list` of its node. Otherwise each unreachable node would stop all creations, and each creation
    /// would take a call to all nodes.
    ///
    /// - Throws: ABORTED while another call for a volume of that name has not ended, which may be choosing another node.
    func createVolume(
        _ bytes: [UInt8], until deadline: Int64, _ trace: inout Trace
    ) throws(CSIStatus) -> [UInt8] {
        let request = try CSI.CreateVolumeRequest(decoding: bytes)
        // Without a name there is nothing to wait for, and any node says what is wrong.
        guard !request.name.isEmpty else { return try place(request, bytes, until: deadline, &trace) }
        let folder = VolumeName(for: request.name, sha256Hex: sha256Hex)
        guard creating.withLock({ $0.insert(folder).inserted }) else {
            throw CSIStatus(
                .aborted, "volume '\(request.name.cut(bytes: 128))': another call for it is still running")
        }
        defer { creating.withLock { _ = $0.remove(folder) } }
        return try place(request, bytes, until: deadline, &trace)
    }

    private func place(
        _ request: CSI.CreateVolumeRequest, _ bytes: [UInt8], until deadline: Int64, _ trace: inout Trace
    ) throws(CSIStatus) -> [UInt8] {
        let path = CSI.CreateVolumeRequest.path
        let place = request.accessibilityRequirements
        let isFree = (place?.preferred ?? []).isEmpty && (place?.requisite ?? []).isEmpty
        let candidates =
            isFree ? try anywhere(request, until: deadline) : try inOrder(request, until: deadline)
        guard let first = candidates.first else {
            // No node fits: any of them says why.
            return try forward(
                path, bytes, toOneOf: [try fleet.anyNodes(until: deadline)[0]], until: deadline, &trace)
        }
        let pools = Set(candidates.flatMap(\.pools))
        if pools.count == 1 || candidates.count == 1 || request.name.isEmpty {
            return try forward(
                path, bytes, toOneOf: pools.count == 1 ? candidates.map(\.node) : [first.node],
                until: deadline,
                &trace)
        }
        var refusals: [(FleetMap.Node, CSIStatus)] = []
        for part in isFree ? [candidates] : Self.handfuls(of: candidates) {
            let mustTell = isFree ? part.map(\.node) : [first.node]
            if let holder = try holder(of: request.name, part, mustTell, until: deadline) {
                return try forward(path, bytes, toOneOf: [holder], until: deadline, &trace)
            }
            for candidate in isFree ? try byRoom(part, request, until: deadline) : part {
                do throws(CSIStatus) {
                    return try forward(path, bytes, toOneOf: [candidate.node], until: deadline, &trace)
                } catch {
                    // Any other answer stands: UNAVAILABLE, because the volume may be there already.
                    guard error.code == .resourceExhausted || error.code == .failedPrecondition else {
                        throw error
                    }
                    refusals.append((candidate.node, error))
                }
            }
        }
        throw Self.verdict(of: refusals)
    }

    /// How long a node is waited for that need not say whether it has a volume, in nanoseconds.
    private static let patience: Int64 = 5_000_000_000
    /// So many nodes are asked for a volume at once, where there is an order.
    private static let handful = 32

    private static func handfuls(of candidates: [Candidate]) -> [[Candidate]] {
        stride(from: 0, to: candidates.count, by: handful).map {
            Array(candidates[$0..<min($0 + handful, candidates.count)])
        }
    }

    private func anywhere(
        _ request: CSI.CreateVolumeRequest, until deadline: Int64
    ) throws(CSIStatus) -> [Candidate] {
        try fleet.whole(until: deadline).candidates(asked: Self.pool(request))
    }

    /// The candidates in the order of the topology: the preferred ones among those that are allowed, then the others.
    private func inOrder(
        _ request: CSI.CreateVolumeRequest, until deadline: Int64
    ) throws(CSIStatus) -> [Candidate] {
        let asked = Self.pool(request)
        let requisite = request.accessibilityRequirements?.requisite ?? []
        let preferred = request.accessibilityRequirements?.preferred ?? []
        var ordered: [Candidate] = []
        var seen: Set<NodeAddress> = []
        var missing: CSIStatus?
        for (index, term) in (preferred + requisite).enumerated() {
            do throws(CSIStatus) {
                // Nobody looks again for places further down, which may be gone for good.
                let found =
                    index == 0
                    ? try candidates(reaching: term.segments, asked: asked, until: deadline)
                    : known(reaching: term.segments, asked: asked)
                ordered += found.filter { seen.insert($0.node.address).inserted }
            } catch {
                // An earlier attempt most likely went to the first place, whose driver may just be restarting.
                if index == 0, !fleet.mayPassOver { throw error }
                missing = missing ?? error
            }
        }
        if ordered.isEmpty, let missing { throw missing }
        guard !requisite.isEmpty, !preferred.isEmpty else { return ordered }
        let allowed = Set(
            requisite.flatMap { known(reaching: $0.segments, asked: asked) }.map(\.node.address))
        return ordered.filter { allowed.contains($0.node.address) }
    }

    /// The node that has a volume of that name already.
    ///
    /// - Throws: UNAVAILABLE if one of those that must tell does not.
    private func holder(
        of name: String, _ candidates: [Candidate], _ mustTell: [FleetMap.Node], until deadline: Int64
    ) throws(CSIStatus) -> FleetMap.Node? {
        let folder = VolumeName(for: name, sha256Hex: sha256Hex)
        var seen: Set<PoolID> = []
        let places = candidates.flatMap { candidate in
            candidate.pools.filter { seen.insert($0).inserted }.map { (candidate.node, $0) }
        }
        // Half of the time, so that some is left for the creation; less for those whose silence changes nothing.
        let half = now() + max(deadline - now(), 0) / 2
        let brief = min(half, now() + Self.patience)
        let needed = Set(mustTell.map(\.address))
        let verdicts = ask(
            places.map { node, pool in
                let request = CSI.ControllerGetVolumeRequest(
                    volumeID: "\(VolumeID(pool: pool, name: folder))")
                return Question(
                    node, request.encoded(), until: needed.contains(node.address) ? half : brief)
            }, CSI.ControllerGetVolumeRequest.path, until: half)
        for (place, verdict) in zip(places, verdicts) {
            switch verdict {
            case .answered: return place.0
            // It is being made there by an earlier call that has not ended.
            case .refused(let status) where status.code == .aborted: throw status
            case .refused, .unreachable: break
            }
        }
        for (place, verdict) in zip(places, verdicts) where needed.contains(place.0.address) {
            switch verdict {
            case .answered: break
            case .refused(let status) where status.code == .notFound: break
            case .refused(let status):
                throw Self.unavailable(place.0, "whether it has the volume is not known: \(status.message)")
            case .unreachable(let why): throw Self.unavailable(place.0, why)
            }
        }
        return nil
    }

    /// Those with most room first; among those that have about as much as the first, the volume's name decides.
    ///
    /// So many volumes at once do not all go to one node, and two relays that hear of one volume at the same moment
    /// choose the same node for it, which then tells one of them to wait.
    private func byRoom(
        _ candidates: [Candidate], _ request: CSI.CreateVolumeRequest, until deadline: Int64
    ) throws(CSIStatus) -> [Candidate] {
        let question = CSI.GetCapacityRequest(
            volumeCapabilities: request.volumeCapabilities, parameters: request.parameters
        ).encoded()
        let verdicts = ask(
            candidates.map { Question($0.node, question) }, CSI.GetCapacityRequest.path, until: deadline)
        var rooms: [(Candidate, Int64)] = []
        for (candidate, verdict) in zip(candidates, verdicts) {
            switch verdict {
            case .answered(let reply):
                rooms.append((candidate, try CSI.GetCapacityResponse(decoding: reply).availableCapacity))
            // What is wrong with the request, the creation says better.
            case .refused: rooms.append((candidate, 0))
            case .unreachable(let why): throw Self.unavailable(candidate.node, why)
            }
        }
        let most = rooms.map(\.1).max() ?? 0
        let (like, less) = (rooms.filter { $0.1 >= most - most / 4 }, rooms.filter { $0.1 < most - most / 4 })
        let drawn = like.map { (lot: sha256Hex("\($0.0.pools[0]) \(request.name)"), candidate: $0.0) }
        return drawn.sorted { $0.lot < $1.lot }.map(\.candidate)
            + less.enumerated().sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }
            .map(\.element.0)
    }

    private static func pool(_ request: CSI.CreateVolumeRequest) -> PoolName? {
        request.parameters["pool"].flatMap(PoolName.init)
    }
}
