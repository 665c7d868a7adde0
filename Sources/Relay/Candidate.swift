import CSIWire
import Text
import Volumes

/// A node that a volume may come to be on, and in which of its pools.
struct Candidate {
    let node: FleetMap.Node
    let pools: [PoolID]

    /// Nothing if the node has none of the pools wanted; all of its own where none in particular is.
    init?(_ node: FleetMap.Node, among wanted: Set<PoolID>?, asked: PoolName?) {
        guard let claim = node.claim else { return nil }
        let pools = claim.pools.filter { name, id in
            (asked == nil || asked == name) && wanted?.contains(id) != false
        }
        guard !pools.isEmpty else { return nil }
        self.node = node
        self.pools = pools.values.sorted { $0.text < $1.text }
    }
}

extension FleetMap {
    /// The nodes that a topology describes and that have the pool asked for.
    ///
    /// A node has one segment for each of its pools, and of a shared pool other nodes have the same one; so those that
    /// most segments fit are meant.
    func candidates(reaching segments: Set<PoolID>, asked: PoolName?) -> [Candidate] {
        let near = segments.sorted { $0.text < $1.text }.flatMap { pool in
            if case .at(let nodes) = place(of: pool) { nodes } else { [Node]() }
        }
        func fit(_ node: Node) -> Int { node.claim?.pools.values.count(where: segments.contains) ?? 0 }
        guard let best = near.map(fit).max() else { return [] }
        var seen: Set<NodeAddress> = []
        let found = near.filter { seen.insert($0.address).inserted }
            .compactMap { Candidate($0, among: segments, asked: asked) }
        let meant = found.filter { fit($0.node) == best }
        // Where the pool itself is asked for, every node that has it will do.
        return asked == nil ? meant : meant + found.filter { fit($0.node) < best }
    }

    /// All nodes, each pool with one of those that have it.
    func candidates(asked: PoolName?) -> [Candidate] {
        var seen: Set<NodeAddress> = []
        return pools.compactMap { pool -> Node? in
            guard case .at(let nodes) = place(of: pool) else { return nil }
            return nodes.first { asked == nil || $0.claim?.serves(pool, asked: asked) == true }
        }.filter { seen.insert($0.address).inserted }.compactMap { Candidate($0, among: nil, asked: asked) }
    }
}

extension Relay {
    /// The nodes that a topology describes and that have the pool asked for, best first.
    ///
    /// - Throws: UNAVAILABLE if nobody has the pools that it names, or several claim one that is not shared.
    func candidates(
        reaching segments: Topology, asked: PoolName?, until deadline: Int64
    ) throws(CSIStatus) -> [Candidate] {
        let wanted = pools(in: segments, asked)
        var missing: CSIStatus?
        for pool in wanted {
            do throws(CSIStatus) {
                _ = try fleet.nodes(of: pool, until: deadline)
            } catch {
                missing = error
            }
        }
        let found = known(reaching: segments, asked: asked)
        if found.isEmpty, let missing { throw missing }
        return found
    }

    /// The same without another look, and without those that are contested.
    func known(reaching segments: Topology, asked: PoolName?) -> [Candidate] {
        fleet.map.candidates(reaching: Set(pools(in: segments, nil)), asked: asked)
    }

    /// The pools that a topology names, in the order of their keys; only the one asked for, if one is.
    private func pools(in segments: Topology, _ asked: PoolName?) -> [PoolID] {
        segments.inByteOrder.filter { segment in
            asked.map { segment.key.isSame(as: key(of: $0)) }
                ?? segment.key.begins(with: "\(topologyPrefix)/pool.")
        }.compactMap { PoolID($0.value) }
    }
}
