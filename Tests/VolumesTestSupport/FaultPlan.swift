// VolumesTestSupport: the ports of Volumes as state in memory.
//
// The fakes hold what a pool and a kernel hold (records, images, locks, loop devices, mounts, files, notes) and follow
// the promises of the protocols; PoolTests run the same assertions over the fakes and the real ones.

import Synchronization
package import Volumes

/// Lets the Nth step of whoever shares it fail, once; every step is counted.
package final class FaultPlan: Sendable {
    private struct State {
        var steps = 0
        var failing: Int?
        var fault = FaultPlan.injected
        var names: [String] = []
        var visitors: [String: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// What a failed step throws unless told otherwise.
    package static let injected = VolumeFault.host(step: "injected", cause: "EIO")

    /// Nothing fails.
    package init() {}

    /// Starts counting anew; the step of that number, from 1, fails once.
    package func fail(step: Int?, with fault: VolumeFault = FaultPlan.injected) {
        state.withLock { $0 = State(failing: step, fault: fault) }
    }

    /// How many steps were taken since `fail(step:)`.
    package var steps: Int { state.withLock { $0.steps } }

    /// The names of those steps.
    package var names: [String] { state.withLock { $0.names } }

    /// Runs `body` in the middle of the next step of that name.
    package func during(_ name: String, _ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.visitors[name] = body }
    }

    func step(_ name: String) throws(VolumeFault) {
        let (fault, visitor) = state.withLock { state -> (VolumeFault?, (@Sendable () -> Void)?) in
            state.steps += 1
            state.names.append(name)
            return (
                state.steps == state.failing ? state.fault : nil, state.visitors.removeValue(forKey: name)
            )
        }
        visitor?()
        if let fault { throw fault }
    }
}
