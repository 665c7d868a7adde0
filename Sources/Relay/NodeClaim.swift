import CSIServices
import CSIWire
import Text
import Volumes

/// What a node says of itself in the manifest of GetPluginInfo.
struct NodeClaim: Equatable, Sendable {
    /// A running kernel under a name; two of them are two machines, or one before and after a reboot.
    struct Identity: Hashable, Sendable {
        /// The id of the node, as kubelet knows it.
        let node: String
        /// The kernel's boot id.
        let boot: String
    }

    let identity: Identity
    /// The pools by their names.
    let pools: [PoolName: PoolID]
    /// The pool that volumes go to whose class names none.
    let defaultPool: PoolName?
    /// The pools that other nodes may have too.
    let shared: Set<PoolID>
    /// Pools that the node should have, but whose disk it does not see now.
    let lost: Set<PoolID>
    /// The same where not even the pool's id is known, so that nobody can say what is in it.
    let nameless: [PoolName]

    /// Why a reply is no claim.
    struct Fault: Error, Equatable { let why: String }

    /// Reads the reply to GetPluginInfo of a driver that should have that name.
    init(_ reply: CSI.GetPluginInfoResponse, driver: String) throws(Fault) {
        guard reply.name.isSame(as: driver) else {
            throw Fault(why: "it serves the driver '\(reply.name.cut(bytes: 64))' instead of '\(driver)'")
        }
        let manifest = reply.manifest
        guard let node = manifest[ManifestKey.node], !node.isEmpty, let boot = manifest[ManifestKey.boot],
            !boot.isEmpty
        else { throw Fault(why: "it does not say which node it is; is it of an older version?") }
        // CSI 1.x, NodeGetInfo: a node id has at most 256 bytes.
        guard node.utf8.count <= 256, boot.utf8.count <= 256 else {
            throw Fault(why: "the name of its node or of its kernel has more than 256 bytes")
        }
        identity = Identity(node: node, boot: boot)
        var pools: [PoolName: PoolID] = [:]
        for (key, value) in manifest {
            guard let rest = key.behind(ManifestKey.poolPrefix) else { continue }
            guard let name = PoolName(rest), let id = PoolID(value) else {
                throw Fault(why: "its manifest has the pool '\(key.cut(bytes: 64))', which is none")
            }
            pools[name] = id
        }
        self.pools = pools
        defaultPool = manifest[ManifestKey.defaultPool].flatMap(PoolName.init)
        func names(_ key: String) -> [PoolName] {
            (manifest[key] ?? "").parts(at: ",").compactMap(PoolName.init)
        }
        shared = Set(names(ManifestKey.sharedPools).compactMap { pools[$0] })
        lost = Set(names(ManifestKey.lostPools).compactMap { pools[$0] })
        nameless = names(ManifestKey.lostPools).filter { pools[$0] == nil }
    }

    /// True if volumes that ask for that pool, or for none in particular, may come to be in this one.
    func serves(_ id: PoolID, asked name: PoolName?) -> Bool {
        guard let name = name ?? defaultPool else { return false }
        return pools[name] == id
    }
}
