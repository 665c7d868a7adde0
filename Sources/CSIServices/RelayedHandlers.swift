import CSIWire
package import Volumes

extension [CSIHandler] {
    /// The same methods for calls that come from a relay, whose knowledge of who has which pool may be old.
    ///
    /// A call that names a pool other than these is UNAVAILABLE, so that the relay looks for its node anew. What this
    /// driver says to its own callers of such a pool (not found, deleted already, an empty list) would be taken there
    /// for the truth about the cluster.
    package func refusing(poolsBesides known: @escaping @Sendable () -> Set<PoolID>, on node: String)
        -> [CSIHandler]
    {
        map { handler in
            let path = handler.path
            return handler.refusing { bytes in
                do throws(CSIStatus) {
                    let named = try CallTarget(path: path, request: bytes).pools
                    guard !named.isEmpty else { return nil }
                    let known = known()
                    guard let stranger = named.first(where: { !known.contains($0) }) else { return nil }
                    return CSIStatus(.unavailable, "pool \(stranger) is not on node \(node)")
                } catch {
                    return error
                }
            }
        }
    }
}
