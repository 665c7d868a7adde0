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

    /// Keys and values; `lost-pools` names the pools that are not there.
    ///
    /// `boot` tells two drivers on one kernel from two nodes that claim the same pool.
    func entries(where isThere: (PoolID) -> Bool) -> [String: String] {
        var entries = ["node": node, "boot": boot]
        for pool in pools { entries["pool.\(pool.name)"] = pool.id.text }
        entries["default-pool"] = pools.first?.name.text
        func list(_ key: String, _ isListed: (PoolDescription) -> Bool) {
            let names = pools.filter(isListed).map(\.name.text)
            if !names.isEmpty { entries[key] = names.joined(separator: ",") }
        }
        list("shared-pools", \.isShared)
        // Not left out: where its volumes are is known, and a list without them would be short.
        list("lost-pools") { !isThere($0.id) }
        return entries
    }
}
