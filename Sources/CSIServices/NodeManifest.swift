package import Volumes

/// What a node says of itself in GetPluginInfo, from which a relay learns which pools it has.
package struct NodeManifest: Sendable {
    /// A pool of the node.
    package struct Pool: Sendable {
        let name: PoolName
        /// Nothing where no run of the driver has seen it yet.
        let id: PoolID?
        let isShared: Bool
        let isThere: Bool

        /// Tells of a pool; one that is not there just now is told of as well.
        package init(name: PoolName, id: PoolID?, isShared: Bool, isThere: Bool) {
            self.name = name
            self.id = id
            self.isShared = isShared
            self.isThere = isThere
        }
    }

    private let node: String
    private let boot: String
    private let defaultPool: PoolName?
    private let pools: @Sendable () -> [Pool]

    /// Tells of a node, the start of its kernel, and its pools, which are asked for each time.
    package init(
        node: String, boot: String, defaultPool: PoolName?, pools: @escaping @Sendable () -> [Pool]
    ) {
        self.node = node
        self.boot = boot
        self.defaultPool = defaultPool
        self.pools = pools
    }

    /// Keys and values; `lost-pools` names the pools that are not there.
    ///
    /// `boot` tells two drivers on one kernel from two nodes that claim the same pool.
    var entries: [String: String] {
        let pools = pools()
        var entries = [ManifestKey.node: node, ManifestKey.boot: boot]
        for pool in pools { entries["\(ManifestKey.poolPrefix)\(pool.name)"] = pool.id?.text }
        // Also one that is left out: volumes for it come to be in no other.
        entries[ManifestKey.defaultPool] = defaultPool?.text
        func list(_ key: String, _ isListed: (Pool) -> Bool) {
            let names = pools.filter(isListed).map(\.name.text)
            if !names.isEmpty { entries[key] = names.joined(separator: ",") }
        }
        list(ManifestKey.sharedPools, \.isShared)
        // Not left out: where its volumes are is known, and a list without them would be short.
        list(ManifestKey.lostPools) { !$0.isThere }
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
