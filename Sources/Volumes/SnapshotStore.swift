/// Copies an image; one that takes several steps asks between them whether the moment that is copied still holds.
package typealias Copying = (_ holds: @escaping () -> Bool) throws(VolumeFault) -> Void

/// Runs the copying of an image at a moment when the image holds all that was written to the volume.
///
/// `expectedSeconds` is how long the copying is likely to hold a mounted volume still; nothing where it is one atomic step.
package typealias Quieting = (
    _ expectedSeconds: Double?, _ copying: Copying
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
/// Callers hold the `InFlight` key of the snapshot or group, and for a cut those of the sources as well.
package protocol SnapshotStore: Sendable {
    /// The names of all snapshots, members of groups among them, sorted.
    func snapshotNames() throws(VolumeFault) -> [VolumeName]

    /// The record, or nothing if the pool has no such snapshot.
    func snapshot(of name: VolumeName) throws(VolumeFault) -> SnapshotRecord?

    /// The records of those snapshots that are there.
    func snapshots(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> Sighting<SnapshotRecord>

    /// Copies the source's image out of sight and publishes it in one step, durably.
    ///
    /// Returns the record as it was written: the copy of a thin volume tells what it holds.
    ///
    /// - Throws: what `quieting` throws, `noSpace`, `notNow` where a copy would take longer than a mounted source can
    ///   be held, `host`; nothing is left then.
    @discardableResult
    func cut(_ record: SnapshotRecord, quieting: Quieting) throws(VolumeFault) -> SnapshotRecord

    /// Makes a snapshot that is in no group disappear in one durable step and frees its blocks later; no such snapshot
    /// is no error.
    func removeSnapshot(_ name: VolumeName) throws(VolumeFault)

    /// The names of all groups, sorted.
    func groupNames() throws(VolumeFault) -> [VolumeName]

    /// Those groups that are there; their members are looked at as snapshots.
    func groups(_ names: ArraySlice<VolumeName>) throws(VolumeFault) -> Sighting<VolumeName>

    /// The record with its members, or nothing if the pool has no such group; torn if one of them is.
    func group(of name: VolumeName) throws(VolumeFault) -> GroupRecord?

    /// Copies the images of all members out of sight and publishes the whole group in one step, durably.
    ///
    /// - Throws: as for one snapshot; nothing is left then.
    func cut(_ group: GroupRecord, quieting: Quieting) throws(VolumeFault)

    /// Makes the group disappear with its members in one durable step and frees its blocks later; no such group is no
    /// error.
    func removeGroup(_ name: VolumeName) throws(VolumeFault)
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
        _ copying: Copying
    ) throws(VolumeFault)

    /// Runs `copying` while none of the volumes can be written to, so that the images are of one moment.
    ///
    /// All mounted ones are frozen before `copying` begins, within one deadline, and go on when it ends.
    ///
    /// - Throws: as above, and `notNow` for a raw disk in use, which cannot be held.
    func quieten(
        group volumes: [VolumeRecord], expectedSeconds: Double?, _ copying: Copying
    ) throws(VolumeFault)
}
