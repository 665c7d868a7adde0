import LinuxHost
import Volumes

/// Who else may have a pool, and which of its nodes this one is.
package struct PoolSharing: Sendable {
    let isShared: Bool?
    let node: String

    /// Takes what the operator says; without a word the file system below decides.
    package init(isShared: Bool? = nil, node: String = "") {
        self.isShared = isShared
        self.node = node
    }

    /// Whether the pool in that folder counts as shared.
    ///
    /// - Throws: `PoolError` where it does, but its mount would keep locks or changes of other nodes from this one.
    func decided(for root: borrowing Directory, path: String, name: PoolName) throws -> Bool {
        let isShared = try isShared ?? root.space().isOfMany
        guard isShared else { return false }
        let mountID = try root.status().mountID
        guard let mount = try MountTable.read().mounts.first(where: { $0.id == mountID }),
            let trouble = Self.trouble(filesystem: mount.filesystem, mount.superOptions)
        else { return true }
        throw PoolError(
            description:
                "pool \(name) at \(path) is shared, but \(mount.target) is mounted so that \(trouble); "
                + "if no other node uses the pool, say shared=no")
    }

    /// Why nodes would not see each other through a mount of that kind with those options.
    static func trouble(filesystem: String, _ options: [String]) -> String? {
        let localLocks: Set<String> = [
            // nfs(5), ocfs2(5), gfs2(5), lustre, mount.cifs(8): locks are taken on this machine alone.
            "nolock", "local_lock=all", "local_lock=flock", "local_lock=posix", "localflocks", "localflock",
            "nobrl",
        ]
        if let word = options.first(where: localLocks.contains) {
            return "locks hold on one node only (\(word)), and two nodes could write to one volume"
        }
        guard filesystem == "nfs" || filesystem == "nfs4" else { return nil }
        // nfs(5): attributes and names are believed for up to a minute by default, missing names among them.
        guard options.contains("noac") || options.contains("acdirmax=0") else {
            return "what other nodes do shows late; mount it with actimeo=0"
        }
        return nil
    }
}
