import Synchronization

/// The set of objects that an operation is running on; the second caller is told, never queued.
///
/// Kubernetes repeats a call whose deadline passed while the first is still running (CSI 1.x, "Concurrency"), so a
/// key is held until the work has really ended, whatever became of the caller.
package final class InFlight: Sendable {
    private struct Holders {
        var exclusive: Set<ObjectKey> = []
        var shared: [ObjectKey: Int] = [:]
    }

    private let holders = Mutex(Holders())

    /// Nothing is running yet.
    package init() {}

    /// Runs `body` as the only operation on `key`.
    ///
    /// - Throws: `operationPending` at once if another one is running, else what `body` throws.
    package func withExclusive<Result>(
        _ key: ObjectKey, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        let isFree = holders.withLock { holders in
            guard holders.shared[key] == nil else { return false }
            return holders.exclusive.insert(key).inserted
        }
        guard isFree else { throw .operationPending("\(key)") }
        defer { holders.withLock { _ = $0.exclusive.remove(key) } }
        return try body()
    }

    /// Runs `body` as the only operation on all of the keys, which are taken in one step or not at all.
    package func withExclusive<Result>(
        _ keys: [ObjectKey], _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        let busy: ObjectKey? = holders.withLock { holders in
            let busy = keys.first { holders.exclusive.contains($0) || holders.shared[$0] != nil }
            if busy == nil { holders.exclusive.formUnion(keys) }
            return busy
        }
        if let busy { throw .operationPending("\(busy)") }
        defer { holders.withLock { $0.exclusive.subtract(keys) } }
        return try body()
    }

    /// Runs `body` as the only operation on a volume.
    package func withExclusive<Result>(
        _ name: VolumeName, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        try withExclusive(.volume(name), body)
    }

    /// Runs `body` beside other shared users of `key`, such as several restores of one snapshot.
    ///
    /// - Throws: `operationPending` at once if an exclusive one is running, else what `body` throws.
    package func withShared<Result>(
        _ key: ObjectKey, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        let isFree = holders.withLock { holders in
            guard !holders.exclusive.contains(key) else { return false }
            holders.shared[key, default: 0] += 1
            return true
        }
        guard isFree else { throw .operationPending("\(key)") }
        defer {
            holders.withLock { holders in
                let rest = (holders.shared[key] ?? 1) - 1
                holders.shared[key] = rest == 0 ? nil : rest
            }
        }
        return try body()
    }

    /// True while an exclusive operation on the key is running.
    func isBusy(_ key: ObjectKey) -> Bool { holders.withLock { $0.exclusive.contains(key) } }

    /// How many objects an operation is running on.
    package var count: Int { holders.withLock { $0.exclusive.count + $0.shared.count } }
}
