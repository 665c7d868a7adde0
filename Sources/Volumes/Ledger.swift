/// How much of a pool may be promised.
package struct CapacityPolicy: Equatable, Sendable {
    /// What is never promised.
    package enum Reserve: Equatable, Sendable {
        case bytes(ByteCount)
        /// Hundredths of the file system's size, 0 to 90.
        case percent(Int64)
    }

    /// Room that stays free for the file system itself and its other users.
    package let reserve: Reserve
    /// How many bytes of thin volumes stand on one byte of the pool, in thousandths; 1000 promises nothing twice.
    package let overcommitThousandths: Int64

    /// Five percent reserve; thin promises are covered in full.
    package static let standard = CapacityPolicy(reserve: .percent(5), overcommitThousandths: 1000)

    /// Puts a policy together.
    package init(reserve: Reserve, overcommitThousandths: Int64) {
        self.reserve = reserve
        self.overcommitThousandths = overcommitThousandths
    }

    /// What a volume counts against the pool.
    package func commitment(of size: ByteCount, _ provisioning: Provisioning) -> ByteCount {
        switch provisioning {
        case .thick: size
        case .thin: scaled(size, times: 1000, over: overcommitThousandths)
        }
    }

    /// The largest volume whose commitment fits into `room`.
    package func largest(_ provisioning: Provisioning, in room: ByteCount) -> ByteCount {
        switch provisioning {
        case .thick: room
        case .thin: scaled(room, times: overcommitThousandths, over: 1000)
        }
    }

    /// The reserve of a file system of that size.
    package func reserved(of total: ByteCount) -> ByteCount {
        switch reserve {
        case .bytes(let count): min(count, total)
        case .percent(let percent): ByteCount(known: total.bytes / 100 * percent)
        }
    }

    private func scaled(_ size: ByteCount, times factor: Int64, over divisor: Int64) -> ByteCount {
        let (high, low) = size.bytes.multipliedFullWidth(by: factor)
        guard high < divisor else { return ByteCount(known: .max) }
        return ByteCount(known: divisor.dividingFullWidth((high, low)).quotient)
    }
}

/// What the pool's file system says of itself at one moment.
package struct PoolSpace: Equatable, Sendable {
    /// Its size.
    package let total: ByteCount
    /// What can still be written.
    package let free: ByteCount

    /// Puts the two together.
    package init(total: ByteCount, free: ByteCount) {
        self.total = total
        self.free = free
    }
}

/// The promises made on one pool; every answer about space comes from here, in constant time.
package struct Ledger: Sendable {
    /// The rules of the pool.
    package let policy: CapacityPolicy
    /// The sum of all commitments.
    package private(set) var committed = ByteCount.zero
    private var commitments: [ObjectKey: ByteCount] = [:]

    /// An empty ledger.
    package init(policy: CapacityPolicy) { self.policy = policy }

    /// How many volumes and snapshots are entered.
    package var count: Int { commitments.count }

    /// What can still be promised: the total less reserve and promises, but never more than is really free.
    package func available(in space: PoolSpace) -> ByteCount {
        let reserved = policy.reserved(of: space.total)
        let unpromised = space.total.minus(reserved).minus(committed)
        return min(unpromised, space.free.minus(reserved))
    }

    /// Enters a commitment, or changes the one entered under the key; never refuses, because the object exists.
    package mutating func enter(_ key: ObjectKey, _ commitment: ByteCount) {
        committed = committed.minus(commitments[key] ?? .zero) + commitment
        commitments[key] = commitment
    }

    /// Enters a new commitment, or more of one, if the pool can keep it.
    ///
    /// - Throws: `noSpace` with both numbers; the ledger is then as before.
    package mutating func reserve(
        _ key: ObjectKey, _ commitment: ByteCount, in space: PoolSpace
    ) throws(VolumeFault) {
        let more = commitment.minus(commitments[key] ?? .zero)
        let available = available(in: space)
        guard more <= available else {
            throw .noSpace(
                "\(more.bytes) bytes are needed and \(available.bytes) bytes are available in the pool")
        }
        enter(key, commitment)
    }

    /// Takes a commitment out; a key that is not entered is no error.
    package mutating func release(_ key: ObjectKey) {
        guard let commitment = commitments.removeValue(forKey: key) else { return }
        committed = committed.minus(commitment)
    }
}
