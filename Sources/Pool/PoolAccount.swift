import LinuxHost
package import Volumes

/// The books of a pool, made up from its records: what is promised, and what can still be.
package struct PoolAccount: Sendable {
    /// What the file system says of itself.
    package let space: PoolSpace
    /// What is never promised.
    package let reserve: ByteCount
    /// Promised to thick volumes.
    package private(set) var thick = ByteCount.zero
    /// Promised to thin volumes.
    package private(set) var thin = ByteCount.zero
    /// What snapshots may have come to cost, each by itself.
    package private(set) var snapshots = ByteCount.zero
    /// The sum of these.
    package var committed: ByteCount { thick + thin + snapshots }
    /// The largest thick volume that could be created.
    package var availableThick: ByteCount { largest(.thick) }
    /// The largest thin volume that could be created.
    package var availableThin: ByteCount { largest(.thin) }
    /// What volumes may still need blocks for, which has to come out of what is free.
    package var owed: ByteCount { ledger.outstanding }

    /// What GetCapacity says, apart from the least size of a kind.
    private func largest(_ provisioning: Provisioning) -> ByteCount {
        let largest = policy.largest(provisioning, in: ledger.available(in: space)).bytes
        let whole = largest - largest % CapacityRange.granularity.bytes
        return min(ByteCount(known: whole), CapacityRange.maximumSize)
    }

    private let policy: CapacityPolicy
    private var ledger: Ledger

    /// Makes the books up as a driver does at its start.
    package init(
        _ pool: PoolView, _ volumes: [PoolObject<VolumeRecord>], _ snapshots: [PoolObject<SnapshotRecord>],
        in space: PoolSpace
    ) {
        self.space = space
        policy = pool.policy
        reserve = policy.reserved(of: space.total)
        ledger = Ledger(policy: policy)
        for object in volumes {
            guard let record = object.record else {
                ledger.enter(object.torn(.volume(object.name), in: space), sharesBlocks: false)
                continue
            }
            let commitment = policy.commitment(of: record.size, record.provisioning)
            ledger.enter(
                volume: object.name, record.size, record.provisioning, held: object.image?.allocated ?? .zero,
                lineage: record.lineage)
            switch record.provisioning {
            case .thick: thick = thick + commitment
            case .thin: thin = thin + commitment
            }
        }
        for object in snapshots {
            guard let record = object.record else {
                ledger.enter(
                    object.torn(.snapshot(object.name), in: space), sharesBlocks: pool.sharesBlocks != false)
                continue
            }
            let lineage = record.lineage ?? ledger.lineage(of: .volume(record.source)) ?? record.source.name
            ledger.enter(snapshot: object.name, lineage: pool.sharesBlocks == false ? nil : lineage)
            self.snapshots = self.snapshots + record.commitment
        }
    }
}

extension PoolObject {
    /// What a driver makes of an object that it sets aside.
    fileprivate func torn(_ key: ObjectKey, in space: PoolSpace) -> TornObject {
        let seen = imageFile?.kind == .regular ? image : nil
        return TornObject(
            key, fault ?? "",
            footprint: seen.map {
                $0.size <= space.total ? $0 : ImageState(size: $0.allocated, allocated: $0.allocated)
            })
    }
}

extension PoolView {
    /// What the file system below says of itself.
    package func space() throws(VolumeFault) -> PoolSpace { try disk.space() }
}
