/// Runs the copying of an image at a moment when the image holds all that was written to the volume.
///
/// `expectedSeconds` is how long the copying is likely to hold a mounted volume still; nothing where it is one atomic step.
package typealias Quieting = (
    _ expectedSeconds: Double?, _ copying: () throws(VolumeFault) -> Void
) throws(VolumeFault) -> Void

/// What the image of a new volume begins with.
package enum ImageOrigin {
    /// Zeros, and a fresh file system if the volume has one.
    case fresh
    /// The image of another object of the same pool, copied while it is quiet.
    case copy(ContentSource, Quieting)
}

/// One pool's snapshots: the port through which the domain keeps them.
///
/// Callers hold the snapshot's `InFlight` key, and for a cut the source's as well.
package protocol SnapshotStore: Sendable {
    /// The names of all snapshots, sorted.
    func snapshotNames() throws(VolumeFault) -> [VolumeName]

    /// The record, or nothing if the pool has no such snapshot.
    func snapshot(of name: VolumeName) throws(VolumeFault) -> SnapshotRecord?

    /// The records of those snapshots that are there, in the same order.
    func snapshots(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> [SnapshotRecord]

    /// Copies the source's image out of sight and publishes it in one step, durably.
    ///
    /// Returns the record as it was written: the copy of a thin volume tells what it holds.
    ///
    /// - Throws: what `quieting` throws, `noSpace`, `notNow` where a copy would take longer than a mounted source can
    ///   be held, `host`; nothing is left then.
    @discardableResult
    func cut(_ record: SnapshotRecord, quieting: Quieting) throws(VolumeFault) -> SnapshotRecord

    /// Makes the snapshot disappear in one durable step and frees its blocks later; no such snapshot is no error.
    func removeSnapshot(_ name: VolumeName) throws(VolumeFault)
}

/// Holds a volume still while its image is copied.
package protocol Quieter: Sendable {
    /// Runs `copying` while the image holds everything that was written to the volume.
    ///
    /// `expectedSeconds` is how long the copying is likely to hold a mounted volume still; nothing where it is one
    /// atomic step, for which a volume may even be in use as a raw disk.
    ///
    /// - Throws: `notNow` where a mounted volume would be held, or was held, longer than the operator allows, and for
    ///   a raw disk that is written to while it is copied bit by bit; what `copying` throws; the volume goes on in
    ///   each case.
    func quieten(
        _ volume: VolumeRecord, _ consistency: Consistency, expectedSeconds: Double?,
        _ copying: () throws(VolumeFault) -> Void
    ) throws(VolumeFault)
}
