import Synchronization

/// What the books and the file system of a pool say at one moment, for the operator.
package struct PoolRoom: Equatable, Sendable {
    /// Size of the file system and what is free on it.
    package let space: PoolSpace
    /// The largest thick volume that would be created now.
    package let available: ByteCount
    /// All inline volumes together.
    package let inline: ByteCount
}

extension Catalog {
    /// What there is room for in a pool, or nothing if it is not here.
    package func room(inPool id: PoolID) throws(VolumeFault) -> PoolRoom? {
        guard let shelf = shelf(of: id) else { return nil }
        let available = try shelf.largest(.thick)
        return PoolRoom(
            space: try shelf.store.space(), available: available,
            inline: shelf.books.withLock { $0.inline.total })
    }
}
