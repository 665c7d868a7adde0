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
}

/// Looks at all objects of a pool again and again, and reads only those records that it has not seen yet.
///
/// Some 10 microseconds for each volume and 5 for each snapshot that it knows.
package final class PoolSurveyor: Sendable {
    private struct Seen<Facts: Sendable>: Sendable {
        let record: FileIdentity
        let facts: Facts
    }

    private struct VolumeFacts {
        let provisioning: Provisioning
        let madeFor: ClaimNames
    }

    private struct Memory {
        var volumes: [VolumeName: Seen<VolumeFacts>] = [:]
        var snapshots: [VolumeName: Seen<ByteCount>] = [:]
    }

    private let pool: DiskPool
    private let memory = Mutex(Memory())

    /// Watches that pool.
    package init(_ pool: DiskPool) { self.pool = pool }

    /// Looks now; objects that come or go meanwhile may be left out.
    ///
    /// - Throws: `notNow` where the pool is not the one that was opened, `host`.
    package func survey() throws(VolumeFault) -> PoolSurvey {
        let known = memory.withLock { $0 }
        var next = Memory()
        let volumes = try volumes(known, &next)
        try snapshots(known, &next)
        let found = next
        memory.withLock { $0 = found }
        return PoolSurvey(
            volumes: volumes, snapshots: found.snapshots.count,
            snapshotCommitment: found.snapshots.values.reduce(.zero) { $0 + $1.facts })
    }

    private func volumes(_ known: Memory, _ next: inout Memory) throws(VolumeFault) -> [PoolSurvey.Volume] {
        let folder = try pool.opened(PoolLayout.volumes)
        var volumes: [PoolSurvey.Volume] = []
        for name in try pool.names() {
            guard let (record, image) = try look(at: name, in: folder, PoolLayout.record) else { continue }
            var seen = known.volumes[name]
            if seen?.record != record.identity {
                seen = try pool.record(of: name).map {
                    Seen(
                        record: record.identity,
                        facts: VolumeFacts(provisioning: $0.provisioning, madeFor: $0.madeFor))
                }
            }
            guard let seen else { continue }
            next.volumes[name] = seen
            volumes.append(
                PoolSurvey.Volume(
                    id: VolumeID(pool: pool.pool.id, name: name), size: ByteCount(known: image.sizeBytes),
                    allocated: ByteCount(known: image.allocatedBytes),
                    provisioning: seen.facts.provisioning, madeFor: seen.facts.madeFor))
        }
        return volumes
    }

    private func snapshots(_ known: Memory, _ next: inout Memory) throws(VolumeFault) {
        let folder = try pool.opened(PoolLayout.snapshots)
        for name in try pool.snapshotNames() {
            guard let (record, _) = try look(at: name, in: folder, PoolLayout.snapshotRecord) else {
                continue
            }
            var seen = known.snapshots[name]
            if seen?.record != record.identity {
                seen = try pool.snapshot(of: name).map {
                    Seen(record: record.identity, facts: $0.commitment)
                }
            }
            next.snapshots[name] = seen
        }
    }

    /// Record and image of an object, or nothing if it is gone, or one of the two is.
    private func look(
        at name: VolumeName, in folder: borrowing Directory, _ record: String
    ) throws(VolumeFault) -> (record: FileStatus, image: FileStatus)? {
        do throws(SystemError) {
            let object = try folder.open(name.text)
            guard let record = try object.status(record), let image = try object.status(PoolLayout.image)
            else {
                return nil
            }
            return (record, image)
        } catch {
            guard error.errno == .noEntry else { throw .host(step: "look at \(name)", cause: "\(error)") }
            return nil
        }
    }
}
