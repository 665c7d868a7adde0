import LinuxHost
package import Volumes

/// Bells that threads wait for in the kernel, as long as it takes to be served after a few others on the same volume.
///
/// An orchestrator takes ABORTED for "later" and comes back after seconds, so a short wait is worth it; a long one would
/// only hold a thread until the caller's deadline.
package struct KernelTurnBells: TurnBells {
    /// Long enough for ten clones of one mounted volume, each of which freezes it.
    package static let usualPatience = 2.0

    private struct KernelTurnBell: TurnBell {
        let bell: Bell
        let patienceSeconds: Double

        func ring() {
            do throws(SystemError) {
                try bell.ring()
            } catch {
                // The wait ends by itself, and finds that the turn has come.
            }
        }

        func wait() {
            do throws(SystemError) {
                _ = try bell.wait(seconds: patienceSeconds)
            } catch {
                // Then the turn has come already, or is given up.
            }
        }
    }

    private let patienceSeconds: Double

    /// Bells that are waited for so long.
    package init(patienceSeconds: Double = KernelTurnBells.usualPatience) {
        self.patienceSeconds = patienceSeconds
    }

    /// A bell; nothing where there is no descriptor left for one.
    package func make() -> (any TurnBell)? {
        do throws(SystemError) {
            return KernelTurnBell(bell: try Bell(), patienceSeconds: patienceSeconds)
        } catch {
            return nil
        }
    }
}
