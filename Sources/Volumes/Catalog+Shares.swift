/// What is known of pools without a look at any disk.
extension Catalog {
    /// The operator's name for a pool, if it is served.
    package func name(ofPool id: PoolID) -> PoolName? { shelf(of: id)?.store.pool.name }

    /// The pool whose books have an inline volume of that handle.
    package func pool(naming handle: InlineHandle) -> PoolName? {
        shelves.first { $0.holds(.volume(handle.name)) }?.store.pool.name
    }

    /// The pool that a new volume would go to.
    package func firstPool(
        for parameters: VolumeParameters, requisite: [Topology], preferred: [Topology]
    ) -> PoolName? {
        candidates(parameters, requisite: requisite, preferred: preferred).first?.name
    }

    /// Writes a little into a pool and waits for it.
    ///
    /// A failure is an answer too. May hang as the pool does.
    package func awaitPulse(ofPool name: PoolName) {
        guard let shelf = shelves.first(where: { $0.store.pool.name == name }) else { return }
        do throws(VolumeFault) {
            try shelf.store.pulse()
        } catch {
            // A pool that says what is wrong with it does not hang.
        }
    }
}
