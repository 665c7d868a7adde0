import LinuxHost
import Metrics
import Pool
import Synchronization
import Volumes

/// Gathers the figures of one pool for the operator, on threads of its own, as its disk may hang.
final class PoolWatch: Sendable {
    /// What one look found.
    struct Figures: Sendable {
        /// Nothing where the pool can be read and written.
        let trouble: VolumeFault?
        /// Nothing where it cannot be read.
        let contents: Contents?
    }

    /// What is in a pool.
    struct Contents: Sendable {
        let policy: CapacityPolicy
        let room: PoolRoom
        let survey: PoolSurvey
        let loopDevices: Int
        let torn: [TornObject]
        /// Why the blocks of deleted objects cannot be given back, if that is so.
        let reclaimTrouble: String?
    }

    /// Looks that have begun.
    struct Pending {
        fileprivate let figures: Glance<Figures>.Pending?
        fileprivate let abnormal: Glance<[AbnormalVolume]>.Pending?
    }

    /// What looks showed.
    struct Seen {
        /// Nothing where the pool did not answer in time.
        let figures: Figures?
        /// Nothing where the volumes did not.
        let abnormal: [AbnormalVolume]?
        /// What an earlier look showed, where this one did not end.
        let last: (contents: Contents?, abnormal: [AbnormalVolume])
    }

    private struct Memory {
        var contents: Contents?
        var abnormal: [AbnormalVolume] = []
    }

    let name: String
    private let look: Glance<Figures>
    private let volumes: Glance<[AbnormalVolume]>
    private let memory = Mutex(Memory())

    /// Watches a pool of the keeper.
    init(_ kept: KeptPool, _ keeper: PoolKeeper) {
        let catalog = keeper.catalog
        let (named, policy) = (kept.options.name, kept.options.policy)
        name = named.text
        let known = Mutex<PoolSurveyor?>(nil)
        look = Glance(name: "pool-figures") {
            do throws(VolumeFault) {
                guard let pool = kept.pool else {
                    return Figures(
                        trouble: .setAside(what: "pool \(named)", why: "it is not served"), contents: nil)
                }
                let surveyor = known.withLock { known in
                    let surveyor = known ?? PoolSurveyor(pool)
                    known = surveyor
                    return surveyor
                }
                guard let room = try catalog.room(inPool: pool.pool.id) else {
                    return Figures(trouble: .missing("pool \(pool.pool.name)"), contents: nil)
                }
                let survey = try surveyor.survey()
                catalog.note(survey.torn, inPool: pool.pool.id)
                let contents = Contents(
                    policy: policy, room: room, survey: survey, loopDevices: try pool.countDevices(),
                    torn: catalog.tornObjects(inPool: pool.pool.id),
                    reclaimTrouble: pool.reclaimTrouble)
                return Figures(trouble: Self.trouble(pool), contents: contents)
            } catch {
                return Figures(trouble: error, contents: nil)
            }
        }
        // By itself, as a volume may keep a look waiting that the pool does not.
        volumes = Glance(name: "pool-volumes") { [host = keeper.host] in
            guard let id = kept.id else { return [] }
            do throws(VolumeFault) {
                return try host.abnormalVolumes(of: id)
            } catch {
                // The node tells no volume's state, which Probe and the calls say.
                return []
            }
        }
    }

    /// Begins to look, unless earlier looks go on.
    func begin() -> Pending { Pending(figures: look.begin(), abnormal: volumes.begin()) }

    /// What the looks showed until then.
    func end(_ pending: Pending, by deadline: Int64) -> Seen {
        let figures = look.end(pending.figures, by: deadline)
        let abnormal = volumes.end(pending.abnormal, by: deadline)
        let last = memory.withLock { memory in
            // A pool that is not served any more has no contents that could be in trouble.
            if let figures { memory.contents = figures.contents }
            if let abnormal { memory.abnormal = abnormal }
            return (memory.contents, memory.abnormal)
        }
        return Seen(figures: figures, abnormal: abnormal, last: last)
    }

    private static func trouble(_ pool: DiskPool) -> VolumeFault? {
        do throws(VolumeFault) {
            try pool.check()
            return nil
        } catch {
            return error
        }
    }
}

extension Exposition {
    /// Writes all families of pools and volumes; figures that are missing belong to a pool that hangs.
    ///
    /// A pool in which calls are stuck is not up, though it may still be read.
    mutating func write(_ pools: [(name: String, seen: PoolWatch.Seen)], stuck: Set<String>) {
        begin(.poolUp)
        for pool in pools {
            let isUp = pool.seen.figures.map { $0.trouble == nil } ?? false
            sample(.poolUp, [pool.name], Int64(isUp && !stuck.contains(pool.name) ? 1 : 0))
        }
        begin(.volumesAbnormal)
        for pool in pools {
            if let abnormal = pool.seen.abnormal {
                sample(.volumesAbnormal, [pool.name], Int64(abnormal.count))
            }
        }
        let seen = pools.compactMap { pool in pool.seen.figures?.contents.map { (pool.name, $0) } }
        write(.poolSize, seen) { $0.room.space.total.bytes }
        write(.poolFree, seen) { $0.room.space.free.bytes }
        write(.poolReserved, seen) { $0.policy.reserved(of: $0.room.space.total).bytes }
        begin(.poolCommitted)
        for (name, contents) in seen {
            sample(.poolCommitted, [name, "thick"], contents.committed(.thick))
            sample(.poolCommitted, [name, "thin"], contents.committed(.thin))
            sample(.poolCommitted, [name, "snapshot"], contents.survey.snapshotCommitment.bytes)
        }
        write(.poolAvailable, seen) { $0.room.available.bytes }
        write(.poolThinPromised, seen) { $0.thinPromised }
        write(.poolVolumes, seen) { Int64($0.survey.volumes.count) }
        write(.poolSnapshots, seen) { Int64($0.survey.snapshots) }
        write(.poolInline, seen) { $0.room.inline.bytes }
        write(.poolInlineLimit, seen) { contents in
            let total = contents.room.space.total
            return min(contents.policy.inlineLimit(of: total), total).bytes
        }
        write(.loopDevices, seen) { Int64($0.loopDevices) }
        write(.poolTornObjects, seen) { Int64($0.torn.count) }
        write(.poolReclaimFailing, seen) { $0.reclaimTrouble == nil ? 0 : 1 }
        write(.volumeCapacity, volumesOf: seen) { $0.size.bytes }
        write(.volumeAllocated, volumesOf: seen) { $0.allocated.bytes }
    }

    private mutating func write(
        _ family: MetricFamily, _ pools: [(String, PoolWatch.Contents)],
        _ value: (PoolWatch.Contents) -> Int64
    ) {
        begin(family)
        for (name, contents) in pools { sample(family, [name], value(contents)) }
    }

    private mutating func write(
        _ family: MetricFamily, volumesOf pools: [(String, PoolWatch.Contents)],
        _ value: (PoolSurvey.Volume) -> Int64
    ) {
        begin(family)
        for (name, contents) in pools {
            for volume in contents.survey.volumes {
                let claim = volume.madeFor
                sample(
                    family, [name, volume.id.description, claim.namespace ?? "", claim.claim ?? ""],
                    value(volume))
            }
        }
    }
}

extension PoolWatch.Contents {
    fileprivate func committed(_ provisioning: Provisioning) -> Int64 {
        survey.volumes.lazy.filter { $0.provisioning == provisioning }
            .reduce(ByteCount.zero) { $0 + policy.commitment(of: $1.size, provisioning) }.bytes
    }

    fileprivate var thinPromised: Int64 {
        survey.volumes.lazy.filter { $0.provisioning == .thin }.reduce(ByteCount.zero) { $0 + $1.size }.bytes
    }
}
