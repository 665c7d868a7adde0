import LinuxHost
import Synchronization
package import Volumes

/// What one look at all objects of a pool found.
package struct PoolSurvey: Sendable {
    /// A volume as it lies there.
    package struct Volume: Sendable {
        /// The handle.
        package let id: VolumeID
        /// Its size.
        package let size: ByteCount
        /// What its image occupies.
        package let allocated: ByteCount
        /// Thick or thin.
        package let provisioning: Provisioning
        /// Whom it was made for.
        package let madeFor: ClaimNames
    }

    /// All volumes, ordered by name.
    package let volumes: [Volume]
    /// How many snapshots there are.
    package let snapshots: Int
    /// What these were recorded to come to cost.
    package let snapshotCommitment: ByteCount
    /// The volumes and snapshots that cannot be served.
    package let torn: [TornObject]
}

/// Looks at all objects of a pool again and again, and reads only those records that it has not seen yet.
package final class PoolSurveyor: Sendable {
    /// What tells that a record is still the one that was read: it is replaced, never written to.
    private struct Version: Equatable {
        let file: FileIdentity
        let modifiedNanoseconds: Int64

        init(_ record: FileStatus) {
            file = record.identity
            modifiedNanoseconds = record.modifiedNanoseconds
        }
    }

    private struct Volume {
        let version: Version
        let id: VolumeID
        let size: ByteCount
        let provisioning: Provisioning
        let madeFor: ClaimNames
    }

    private struct Snapshot {
        let version: Version
        let size: ByteCount
        let commitment: ByteCount
    }

    private struct Memory {
        var volumes: [VolumeName: Volume] = [:]
        var snapshots: [VolumeName: Snapshot] = [:]
    }

    private let pool: DiskPool
    private let memory = Mutex(Memory())

    /// Watches that pool.
    package init(_ pool: DiskPool) { self.pool = pool }

    /// Looks now; objects that come or go meanwhile may be left out.
    ///
    /// - Throws: `notNow` where the pool is not the one that was opened, `host`.
    package func survey() throws(VolumeFault) -> PoolSurvey {
        // Taken out and put back, so that it is changed in place and no lock is held while the disk is looked at.
        var known = memory.withLock { memory in
            defer { memory = Memory() }
            return memory
        }
        defer {
            let changed = known
            memory.withLock { $0 = changed }
        }
        var torn: [TornObject] = []
        let volumes = try volumes(&known.volumes, &torn)
        let commitments = try commitments(&known.snapshots, &torn)
        return PoolSurvey(
            volumes: volumes, snapshots: commitments.count,
            snapshotCommitment: commitments.reduce(.zero, +), torn: torn)
    }

    private func volumes(
        _ known: inout [VolumeName: Volume], _ torn: inout [TornObject]
    ) throws(VolumeFault) -> [PoolSurvey.Volume] {
        guard let folder = try pool.openedIfThere(PoolLayout.volumes) else { return [] }
        let names = try pool.names()
        var found: [PoolSurvey.Volume] = []
        found.reserveCapacity(names.count)
        for name in names {
            let (record, image) = look(PoolLayout.record) { () throws(SystemError) in
                try folder.open(name.text)
            }
            // A record that is the same, of an image that is still large enough, is known.
            var volume = known[name].flatMap { known in
                known.version == record && image.map { $0.size >= known.size } == true ? known : nil
            }
            if volume == nil {
                switch try pool.sight(volume: name, in: folder) {
                case .whole(let seen):
                    volume = record.map {
                        Volume(
                            version: $0, id: seen.record.id, size: seen.record.size,
                            provisioning: seen.record.provisioning, madeFor: seen.record.madeFor)
                    }
                case .torn(let object): torn.append(object)
                case nil: break
                }
                known[name] = volume
            }
            guard let volume, let image else { continue }
            found.append(
                PoolSurvey.Volume(
                    id: volume.id, size: image.size, allocated: image.allocated,
                    provisioning: volume.provisioning, madeFor: volume.madeFor))
        }
        if known.count > found.count { Self.forget(&known, besides: names) }
        return found
    }

    private func commitments(
        _ known: inout [VolumeName: Snapshot], _ torn: inout [TornObject]
    ) throws(VolumeFault) -> [ByteCount] {
        let root = try pool.opened()
        guard let folder = try pool.openedIfThere(PoolLayout.snapshots) else { return [] }
        let names = try pool.snapshotNames()
        var found: [ByteCount] = []
        for name in names {
            let (record, image) = look(PoolLayout.snapshotRecord) { () throws(SystemError) in
                name.membership == nil ? try folder.open(name.text) : try root.openSnapshot(name)
            }
            var snapshot = known[name].flatMap { known in
                known.version == record && known.size == image?.size ? known : nil
            }
            if snapshot == nil {
                switch try pool.sight(snapshot: name) {
                case .whole(let seen):
                    snapshot = record.map {
                        Snapshot(version: $0, size: seen.size, commitment: seen.commitment)
                    }
                case .torn(let object): torn.append(object)
                case nil: break
                }
                known[name] = snapshot
            }
            if let snapshot { found.append(snapshot.commitment) }
        }
        if known.count > found.count { Self.forget(&known, besides: names) }
        return found
    }

    private static func forget<Known>(_ known: inout [VolumeName: Known], besides names: [VolumeName]) {
        let names = Set(names)
        known = known.filter { names.contains($0.key) }
    }

    /// Record and image of an object, as far as they can be seen.
    private func look(
        _ record: String, _ open: () throws(SystemError) -> Directory
    ) -> (record: Version?, image: ImageState?) {
        do {
            let object = try open()
            return (
                try object.status(record).map(Version.init),
                try object.status(PoolLayout.image).flatMap { $0.kind == .regular ? ImageState($0) : nil }
            )
        } catch {
            // Whether it is gone or torn is found out by whoever needs it.
            return (nil, nil)
        }
    }
}
