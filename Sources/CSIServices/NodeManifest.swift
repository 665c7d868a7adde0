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
        var entries = [ManifestKey.node: node, ManifestKey.boot: boot]
        for pool in pools { entries["\(ManifestKey.poolPrefix)\(pool.name)"] = pool.id.text }
        entries[ManifestKey.defaultPool] = pools.first?.name.text
        func list(_ key: String, _ isListed: (PoolDescription) -> Bool) {
            let names = pools.filter(isListed).map(\.name.text)
            if !names.isEmpty { entries[key] = names.joined(separator: ",") }
        }
        list(ManifestKey.sharedPools, \.isShared)
        // Not left out: where its volumes are is known, and a list without them would be short.
        list(ManifestKey.lostPools) { !isThere($0.id) }
        return entries
    }
}

/// The keys of the manifest.
package enum ManifestKey {
    /// The id of the node.
    package static let node = "node"
    /// The boot id of its kernel.
    package static let boot = "boot"
    /// Followed by the name of a pool: the pool's id.
    package static let poolPrefix = "pool."
    /// The name of the pool that volumes go to whose class names none.
    package static let defaultPool = "default-pool"
    /// The names of the pools that other nodes may have too, joined by commas.
    package static let sharedPools = "shared-pools"
    /// The names of the pools whose disk the node does not see now, joined by commas.
    package static let lostPools = "lost-pools"
}
