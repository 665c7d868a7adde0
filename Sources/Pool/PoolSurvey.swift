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
        let provisioning: Provisioning
        let madeFor: ClaimNames
    }

    private struct Snapshot {
        let version: Version
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
        let volumes = try volumes(&known.volumes)
        let commitments = try commitments(&known.snapshots)
        return PoolSurvey(
            volumes: volumes, snapshots: commitments.count,
            snapshotCommitment: commitments.reduce(.zero, +))
    }

    private func volumes(_ known: inout [VolumeName: Volume]) throws(VolumeFault) -> [PoolSurvey.Volume] {
        guard let folder = try pool.openedIfThere(PoolLayout.volumes) else { return [] }
        let names = try pool.names()
        var found: [PoolSurvey.Volume] = []
        found.reserveCapacity(names.count)
        for name in names {
            guard let (record, image) = try look(at: name, in: folder, PoolLayout.record) else { continue }
            if known[name]?.version != Version(record) {
                known[name] = try pool.record(of: name).map {
                    Volume(
                        version: Version(record), id: $0.id, provisioning: $0.provisioning,
                        madeFor: $0.madeFor)
                }
            }
            guard let volume = known[name] else { continue }
            found.append(
                PoolSurvey.Volume(
                    id: volume.id, size: ByteCount(known: image.sizeBytes),
                    allocated: ByteCount(known: image.allocatedBytes), provisioning: volume.provisioning,
                    madeFor: volume.madeFor))
        }
        if known.count > found.count { Self.forget(&known, besides: names) }
        return found
    }

    private func commitments(_ known: inout [VolumeName: Snapshot]) throws(VolumeFault) -> [ByteCount] {
        guard let folder = try pool.openedIfThere(PoolLayout.snapshots) else { return [] }
        let names = try pool.snapshotNames()
        var found: [ByteCount] = []
        for name in names {
            guard let (record, _) = try look(at: name, in: folder, PoolLayout.snapshotRecord) else {
                continue
            }
            if known[name]?.version != Version(record) {
                known[name] = try pool.snapshot(of: name).map {
                    Snapshot(version: Version(record), commitment: $0.commitment)
                }
            }
            if let snapshot = known[name] { found.append(snapshot.commitment) }
        }
        if known.count > found.count { Self.forget(&known, besides: names) }
        return found
    }

    private static func forget<Known>(_ known: inout [VolumeName: Known], besides names: [VolumeName]) {
        let names = Set(names)
        known = known.filter { names.contains($0.key) }
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
