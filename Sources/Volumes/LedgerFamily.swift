/// What volumes may still need blocks for.
struct Owed: Equatable, Sendable {
    /// As promised.
    var promised = ByteCount.zero
    /// With thin volumes at their full size.
    var full = ByteCount.zero
}

/// Objects that may share blocks, because all descend from one volume, as sums that each change keeps up to date: with
/// thousands of copies nothing may walk over them.
struct LedgerFamily: Sendable {
    private var promised = ByteCount.zero
    private var full = ByteCount.zero
    private var keptOfPromised = SizeBag()
    private var keptOfFull = SizeBag()
    /// Volumes other than the one that all descend from.
    private(set) var copies = 0
    var snapshots = 0

    var isEmpty: Bool { copies == 0 && snapshots == 0 }

    mutating func add(_ line: Ledger.Line, isCopy: Bool) {
        promised = promised + line.promise
        full = full + line.size
        keptOfPromised.insert(min(line.held, line.promise))
        keptOfFull.insert(min(line.held, line.size))
        copies += isCopy ? 1 : 0
    }

    mutating func remove(_ line: Ledger.Line, isCopy: Bool) {
        promised = promised.minus(line.promise)
        full = full.minus(line.size)
        keptOfPromised.remove(min(line.held, line.promise))
        keptOfFull.remove(min(line.held, line.size))
        copies -= isCopy ? 1 : 0
    }

    /// What the volumes may still need blocks for.
    ///
    /// A snapshot is never written to, so it needs nothing. But while there is one (`isPinned`), each block of each volume
    /// may be shared with it, and overwriting it takes a new one. Among volumes alone the last one to share a block may
    /// keep it.
    func owed(isPinned: Bool) -> Owed {
        guard !isPinned else { return Owed(promised: promised, full: full) }
        let owed = promised.minus(keptOfPromised.largest)
        return Owed(promised: owed, full: full.minus(keptOfFull.largest))
    }
}

/// Sizes, any of them several times, of which the largest is asked for.
struct SizeBag: Sendable {
    /// Rising; copies of one volume are mostly equal, so there are few.
    private var sizes: [(size: ByteCount, count: Int)] = []

    var largest: ByteCount { sizes.last?.size ?? .zero }

    mutating func insert(_ size: ByteCount) {
        let place = place(of: size)
        if place < sizes.count, sizes[place].size == size {
            sizes[place].count += 1
        } else {
            sizes.insert((size, 1), at: place)
        }
    }

    /// Takes out one of that size, which must be there.
    mutating func remove(_ size: ByteCount) {
        let place = place(of: size)
        guard place < sizes.count, sizes[place].size == size else { return }
        sizes[place].count -= 1
        if sizes[place].count == 0 { sizes.remove(at: place) }
    }

    /// Where the first one is that is not below the size.
    private func place(of size: ByteCount) -> Int {
        var low = 0
        var high = sizes.count
        while low < high {
            let middle = (low + high) / 2
            if sizes[middle].size < size { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
