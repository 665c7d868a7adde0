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
    /// Promised to snapshots.
    package private(set) var snapshots = ByteCount.zero
    /// Promised in total.
    package var committed: ByteCount { ledger.committed }
    /// The largest thick volume that could be created.
    package var availableThick: ByteCount { largest(.thick) }
    /// The largest thin volume that could be created.
    package var availableThin: ByteCount { largest(.thin) }
    /// What of the promises is certainly not on disk yet and has to come out of what is free.
    ///
    /// LIMIT: where there are copies that share blocks, and other files lie on the same file system, how much the images really
    /// occupy can only be guessed from above, so this may be too little.
    package private(set) var owed = ByteCount.zero

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
        var occupied = ByteCount.zero
        for object in volumes {
            guard let record = object.record else { continue }
            let commitment = policy.commitment(of: record.size, record.provisioning)
            ledger.enter(.volume(object.name), commitment)
            switch record.provisioning {
            case .thick: thick = thick + commitment
            case .thin: thin = thin + commitment
            }
            occupied = occupied + min(object.image?.allocated ?? .zero, commitment)
        }
        for object in snapshots {
            guard let record = object.record else { continue }
            ledger.enter(.snapshot(object.name), record.commitment)
            self.snapshots = self.snapshots + record.commitment
            occupied = occupied + min(object.image?.allocated ?? .zero, record.commitment)
        }
        // Shared blocks count in each image that has them; more than all that is used they cannot be.
        let mayShare = !snapshots.isEmpty || volumes.contains { $0.record?.source != nil }
        if mayShare, pool.sharesBlocks != false { occupied = min(occupied, space.total.minus(space.free)) }
        owed = ledger.committed.minus(occupied)
    }
}

extension PoolView {
    /// What the file system below says of itself.
    package func space() throws(VolumeFault) -> PoolSpace { try disk.space() }
}
