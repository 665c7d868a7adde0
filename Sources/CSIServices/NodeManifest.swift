package import Volumes

/// What a node says of itself in GetPluginInfo, from which a relay learns which pools it has.
package struct NodeManifest: Sendable {
    private let node: String
    private let boot: String
    private let pools: [PoolDescription]

    /// Tells of a node, the start of its kernel, and its pools, the default one first.
    package init(node: String, boot: String, pools: [PoolDescription]) {
        self.node = node
        self.boot = boot
        self.pools = pools
    }

    /// Keys and values, of those pools alone that are there.
    ///
    /// `boot` tells two drivers on one kernel from two nodes that claim the same pool.
    func entries(where isThere: (PoolID) -> Bool) -> [String: String] {
        var entries = ["node": node, "boot": boot]
        let known = pools.filter { isThere($0.id) }
        for pool in known { entries["pool.\(pool.name)"] = pool.id.text }
        if let first = pools.first, known.contains(first) { entries["default-pool"] = first.name.text }
        let shared = known.filter(\.isShared).map(\.name.text)
        if !shared.isEmpty { entries["shared-pools"] = shared.joined(separator: ",") }
        return entries
    }
}
