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

    /// A pool that has promised more than it has free, and less than this free, is low: its thin volumes say so.
    package let lowPercent: Int64
    /// One with less than this free takes no more thin volumes and no snapshots of such.
    package let criticalPercent: Int64
    /// How much of the pool's size inline volumes may come to, all together; 0 for none.
    package let inlinePercent: Int64

    /// Three quarters of a pool stay with claims, which quotas count, whatever authors of pods do.
    package static let usualInlinePercent: Int64 = 25

    /// Five percent reserve; thin promises are covered in full.
    package static let standard = CapacityPolicy(reserve: .percent(5), overcommitThousandths: 1000)

    /// Puts a policy together.
    package init(
        reserve: Reserve, overcommitThousandths: Int64, lowPercent: Int64 = 15, criticalPercent: Int64 = 5,
        inlinePercent: Int64 = usualInlinePercent
    ) {
        self.reserve = reserve
        self.overcommitThousandths = overcommitThousandths
        self.lowPercent = lowPercent
        self.criticalPercent = criticalPercent
        self.inlinePercent = inlinePercent
    }

    /// What a volume counts against the pool.
    package func commitment(of size: ByteCount, _ provisioning: Provisioning) -> ByteCount {
        switch provisioning {
        case .thick: size
        case .thin:
            // Rounded up, so that what is above the largest volume costs more than there is.
            scaled(size, times: 1000, over: overcommitThousandths, roundingUp: true)
        }
    }

    /// The largest volume whose commitment fits into `room`.
    package func largest(_ provisioning: Provisioning, in room: ByteCount) -> ByteCount {
        switch provisioning {
        case .thick: room
        case .thin: scaled(room, times: overcommitThousandths, over: 1000)
        }
    }

    /// What is not promised of a file system: the reserve, or what it needs itself if that is more.
    func withheld(in space: PoolSpace) -> ByteCount {
        max(reserved(of: space.total), space.overhead)
    }

    /// The reserve of a file system of that size.
    package func reserved(of total: ByteCount) -> ByteCount {
        switch reserve {
        case .bytes(let count): min(count, total)
        case .percent(let percent): ByteCount(known: total.bytes / 100 * percent)
        }
    }

    /// What inline volumes may come to, all together, in a file system of that size.
    package func inlineLimit(of total: ByteCount) -> ByteCount {
        inlinePercent >= 100 ? ByteCount(known: .max) : ByteCount(known: total.bytes / 100 * inlinePercent)
    }

    /// How well a pool is off that has so much room, of which its objects may still take `exposure`.
    func pressure(in space: PoolSpace, exposure: ByteCount) -> PoolPressure {
        // Where all that can still be written finds room, no fill is a danger.
        guard exposure > space.free else { return .none }
        if isCritical(space) { return .critical }
        return space.free.bytes < space.total.bytes / 100 * lowPercent ? .low : .none
    }

    /// True where less is free than thin volumes should find.
    func isCritical(_ space: PoolSpace) -> Bool {
        space.free.bytes < space.total.bytes / 100 * criticalPercent
    }

    private func scaled(
        _ size: ByteCount, times factor: Int64, over divisor: Int64, roundingUp: Bool = false
    ) -> ByteCount {
        let (high, low) = size.bytes.multipliedFullWidth(by: factor)
        guard high < divisor else { return ByteCount(known: .max) }
        let (quotient, rest) = divisor.dividingFullWidth((high, low))
        return ByteCount(known: quotient) + ByteCount(known: roundingUp && rest > 0 ? 1 : 0)
    }
}

/// What the pool's file system says of itself at one moment.
package struct PoolSpace: Equatable, Sendable {
    /// Its size.
    package let total: ByteCount
    /// What can still be written.
    package let free: ByteCount
    /// What of that the file system may need for its own records when images take the rest.
    package let overhead: ByteCount

    /// Puts the three together.
    package init(total: ByteCount, free: ByteCount, overhead: ByteCount = .zero) {
        self.overhead = overhead
        self.total = total
        self.free = free
    }
}

/// How near a pool is to what its thin volumes cannot stand.
package enum PoolPressure: Int, Comparable, Sendable {
    case none, low, critical

    package static func < (left: PoolPressure, right: PoolPressure) -> Bool { left.rawValue < right.rawValue }
}
