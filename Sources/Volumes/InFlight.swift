import Synchronization

/// The set of objects that an operation is running on; who comes second waits shortly for its turn.
///
/// Kubernetes repeats a call whose deadline passed while the first is still running (CSI 1.x, "Concurrency"), so a
/// key is held until the work has really ended, whatever became of the caller. Turns are in the order of arrival.
/// All keys of an operation are taken in one step, and whoever waits holds none, so no two wait for each other.
package final class InFlight: Sendable {
    /// So many wait for one object at most; each of them has a thread.
    package static let mostWaiting = 32

    private let holders = Mutex(Holders())
    private let bells: any TurnBells

    /// Nothing is running yet; `bells` say how long an operation waits for its turn.
    package init(bells: any TurnBells = NoTurnBells()) { self.bells = bells }

    /// Runs `body` as the only operation on all of the keys, and beside other shared users of those of `sharing`.
    ///
    /// - Throws: `operationPending` if others did not end in time, or at once if it `mayWait` not or too many wait
    ///   already; else what `body` throws.
    package func with<Result>(
        _ keys: [ObjectKey], sharing: [ObjectKey] = [], mayWait: Bool = true,
        _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        let wanted = Holders.Wanted(exclusive: keys, shared: sharing)
        if let busy = take(wanted, mayWait) { throw .operationPending("\(busy)") }
        defer { release(wanted) }
        return try body()
    }

    /// Runs `body` as the only operation on `key`.
    package func withExclusive<Result>(
        _ key: ObjectKey, mayWait: Bool = true, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try with([key], mayWait: mayWait, body)
    }

    /// Runs `body` beside other shared users of `key`, such as several restores of one snapshot.
    package func withShared<Result>(
        _ key: ObjectKey, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try with([], sharing: [key], body)
    }

    /// Runs `body` as the only operation on a volume.
    package func withExclusive<Result>(
        _ name: VolumeName, mayWait: Bool = true, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try with([.volume(name)], mayWait: mayWait, body)
    }

    /// True while an exclusive operation on the key is running.
    func isBusy(_ key: ObjectKey) -> Bool { holders.withLock { $0.exclusive.contains(key) } }

    /// How many objects an operation is running on.
    package var count: Int { holders.withLock { $0.exclusive.count + $0.shared.count } }

    /// How many operations wait for their turn.
    package var waiting: Int { holders.withLock { $0.turns.count } }

    /// Takes the keys, at once or when their turn comes; the object in the way if that was not in time.
    private func take(_ wanted: Holders.Wanted, _ mayWait: Bool) -> ObjectKey? {
        let (busy, turn) = holders.withLock { holders -> (ObjectKey?, Holders.Turn?) in
            guard let busy = holders.obstacle(to: wanted) else {
                holders.take(wanted)
                return (nil, nil)
            }
            guard mayWait, holders.waiting(for: busy) < Self.mostWaiting, let bell = bells.make() else {
                return (busy, nil)
            }
            return (busy, holders.queue(wanted, bell))
        }
        guard let busy, let turn else { return busy }
        turn.bell.wait()
        guard let next = holders.withLock({ $0.leave(turn) }) else { return nil }
        for bell in next { bell.ring() }
        return busy
    }

    private func release(_ wanted: Holders.Wanted) {
        for bell in holders.withLock({ $0.release(wanted) }) { bell.ring() }
    }
}
