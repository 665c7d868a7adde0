import Volumes

/// Who has which pool, as far as is known: a value, changed by what is seen and asked.
struct FleetMap: Sendable {
    /// An address behind the nodes' name.
    struct Node: Equatable, Sendable {
        let address: NodeAddress
        /// What it said last.
        var claim: NodeClaim?
        /// Why the last attempt to ask it failed; nothing if it did not.
        var trouble: String?
        /// Whether the name led to it at the last look.
        var isListed = true
        var lastListed: Int64
        var lastAsked: Int64?
        /// Not to be asked before.
        var nextAsk: Int64 = 0
        var failures = 0
        /// A call to it failed since it was asked.
        var isSuspect = false
        /// Nothing speaks against asking it first.
        var isWell: Bool { trouble == nil && !isSuspect }

        /// The node for people: its id and its address.
        var label: String { claim.map { "\($0.identity.node) (\(address))" } ?? "\(address)" }
    }

    /// Where a pool is.
    enum Place: Equatable {
        /// With these nodes, the best to ask first; one, unless the pool is shared.
        case at([Node])
        /// With several that cannot all be right.
        case contested([Node])
        /// With nobody who is known.
        case unknown
    }

    /// How long an address that the name does not lead to any more is remembered, in nanoseconds: longer than a
    /// driver's restart, so that meanwhile its pools count as unreachable and not as gone.
    static let memory: Int64 = 120_000_000_000
    /// The longest time between two attempts to ask a node that fails, in nanoseconds.
    static let longestPause: Int64 = 30_000_000_000

    private(set) var nodes: [NodeAddress: Node] = [:]
    private var byPool: [PoolID: Set<NodeAddress>] = [:]

    /// Takes in the addresses that the name leads to now, and returns those that were forgotten.
    mutating func list(_ addresses: [NodeAddress], at now: Int64) -> [NodeAddress] {
        for address in nodes.keys { nodes[address]?.isListed = false }
        for address in addresses {
            nodes[address, default: Node(address: address, lastListed: now)].isListed = true
            nodes[address]?.lastListed = now
        }
        let gone = nodes.values.filter {
            !$0.isListed && ($0.lastListed + Self.memory < now || isReplaced($0))
        }
        for node in gone { drop(node.address) }
        return gone.map(\.address)
    }

    /// True if all that a node had is with listed ones.
    private func isReplaced(_ node: Node) -> Bool {
        guard let claim = node.claim else { return true }
        return claim.pools.values.allSatisfy { pool in
            byPool[pool, default: []].contains { nodes[$0]?.isListed == true }
        }
    }

    private mutating func drop(_ address: NodeAddress) {
        for pool in nodes[address]?.claim?.pools.values.map(\.self) ?? [] { byPool[pool]?.remove(address) }
        nodes[address] = nil
    }

    /// The addresses to ask now; those whose claim is older than `age` (nanoseconds) are among them.
    func due(at now: Int64, age: Int64) -> [NodeAddress] {
        let contested = Set(contestedPools.flatMap { byPool[$0] ?? [] })
        return nodes.values.filter { node in
            guard node.isListed, node.nextAsk <= now else { return false }
            return node.claim == nil || node.trouble != nil || node.isSuspect
                || contested.contains(node.address)
                || (node.lastAsked ?? 0) + age <= now
        }.map(\.address).sorted()
    }

    /// Takes in what a node said, or why it could not be asked.
    mutating func note(_ address: NodeAddress, _ answer: Result<NodeClaim, NodeClaim.Fault>, at now: Int64) {
        guard var node = nodes[address] else { return }
        node.lastAsked = now
        node.isSuspect = false
        switch answer {
        case .success(let claim):
            for pool in node.claim?.pools.values.map(\.self) ?? [] { byPool[pool]?.remove(address) }
            for pool in claim.pools.values { byPool[pool, default: []].insert(address) }
            node.claim = claim
            node.trouble = nil
            node.failures = 0
            node.nextAsk = now
        case .failure(let fault):
            node.trouble = fault.why
            node.nextAsk = now + min(1_000_000_000 << Int64(min(node.failures, 10)), Self.longestPause)
            node.failures += 1
        }
        nodes[address] = node
    }

    /// Takes in that a call to a node failed.
    mutating func suspect(_ address: NodeAddress) { nodes[address]?.isSuspect = true }

    /// Where a pool is.
    func place(of pool: PoolID) -> Place {
        let all = (byPool[pool] ?? []).compactMap { nodes[$0] }
        // A node that has lost the pool says best what is wrong with it, unless another has it now.
        let present = all.filter { $0.claim?.lost.contains(pool) != true }
        let claimants = present.isEmpty ? all : present
        guard !claimants.isEmpty else { return .unknown }
        let listed = claimants.filter(\.isListed)
        guard !listed.isEmpty else {
            // The name leads to none of them just now: the driver restarts, or DNS is behind.
            let last = claimants.max { ($0.lastListed, $1.address) < ($1.lastListed, $0.address) }
            return .at(last.map { [$0] } ?? [])
        }
        let rivals = Self.rivals(among: listed)
        let isShared = rivals.allSatisfy { $0.claim?.shared.contains(pool) == true }
        return rivals.count > 1 && !isShared ? .contested(rivals) : .at(rivals)
    }

    /// One node for each running kernel, best first; without those that were replaced under their name.
    private static func rivals(among listed: [Node]) -> [Node] {
        let ordered = listed.sorted { left, right in
            (left.isWell ? 0 : 1, left.claim?.identity.node ?? "", left.address)
                < (right.isWell ? 0 : 1, right.claim?.identity.node ?? "", right.address)
        }
        var rivals: [Node] = []
        for node in ordered {
            guard let identity = node.claim?.identity else { continue }
            let isKnown = rivals.contains { other in
                other.claim?.identity == identity
                    || (node.trouble != nil && other.claim?.identity.node == identity.node)
            }
            if !isKnown { rivals.append(node) }
        }
        return rivals
    }

    /// All pools that anybody has, in the order of their ids.
    var pools: [PoolID] { byPool.filter { !$0.value.isEmpty }.keys.sorted { $0.text < $1.text } }

    /// Pools that several claim who cannot all be right.
    var contestedPools: [PoolID] {
        byPool.filter { $0.value.count > 1 }.keys.filter {
            if case .contested = place(of: $0) { true } else { false }
        }
        .sorted { $0.text < $1.text }
    }

    /// True if a call failed to somebody who was not asked since, and may be asked now.
    func hasSuspects(at now: Int64) -> Bool {
        nodes.values.contains { $0.isSuspect && $0.isListed && $0.nextAsk <= now }
    }

    /// A listed node that has a pool of which nobody knows what is in it, and the pool's name.
    var nameless: (Node, PoolName)? {
        nodes.values.filter { $0.isListed && $0.claim?.nameless.isEmpty == false }
            .sorted { $0.address < $1.address }
            .first.flatMap { node in node.claim?.nameless.first.map { (node, $0) } }
    }

    /// Listed nodes that have not said yet what they have.
    var silent: [Node] {
        nodes.values.filter { $0.isListed && $0.claim == nil }.sorted { $0.address < $1.address }
    }
}
