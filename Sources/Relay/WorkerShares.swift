import Synchronization

/// Whom the relay's workers wait for, so that no node, and no number of them, can hold all workers.
///
/// A worker may begin to wait for a node only if more workers are free than wait for that node already. So one node that
/// hangs gets half of all, two get a third each, five a sixth each, and the last part is for those that hold none. What
/// is beyond a share is refused at once: a caller that repeats its call costs less than a worker that waits.
final class WorkerShares: Sendable {
    /// What a worker waits for.
    enum Holder: Hashable {
        case node(NodeAddress)
        /// The answers of several nodes, as lists and choices of a place need them.
        case several
        /// The end of a look for nodes.
        case look
    }

    private struct State {
        var held: [Holder: Int] = [:]
        var waiting = 0
    }

    private let workers: Int
    private let state = Mutex(State())

    init(workers: Int) { self.workers = workers }

    /// Takes a worker of the share; false where the share is used up.
    func enter(_ holder: Holder) -> Bool {
        state.withLock { state in
            let held = state.held[holder, default: 0]
            guard held < workers - state.waiting else { return false }
            state.held[holder] = held + 1
            state.waiting += 1
            return true
        }
    }

    /// Gives it back.
    func leave(_ holder: Holder) {
        state.withLock { state in
            let rest = state.held[holder, default: 1] - 1
            state.held[holder] = rest == 0 ? nil : rest
            state.waiting -= 1
        }
    }

    /// How many workers wait for it.
    func waiting(for holder: Holder) -> Int { state.withLock { $0.held[holder, default: 0] } }
}
