import LinuxHost
import Volumes

/// Asks what Probe asks, and for everything else that is not well, without ever waiting for long.
final class Health: Sendable {
    /// Longer than a look at a pool is waited for.
    private static let patience: Int64 = 1_500_000_000
    private static let hanging = "the check of pools and devices hangs"

    private let look: Glance<String?>
    private let others: [@Sendable () -> [String]]

    init(_ readiness: Readiness, also others: [@Sendable () -> [String]] = []) {
        self.others = others
        look = Glance(name: "health") {
            do throws(VolumeFault) {
                return try readiness.check() ? nil : "not ready"
            } catch {
                return error.summary
            }
        }
    }

    /// Why the driver is not fit for work, in a sentence; nothing while it is.
    @Sendable func trouble() -> String? {
        look.end(look.begin(), by: Clock.monotonicNanoseconds + Self.patience) ?? Self.hanging
    }

    /// Everything that is not well, a line each.
    @Sendable func troubles() -> [String] {
        let lines = others.flatMap { $0() }
        guard let trouble = trouble(), !lines.contains(where: { $0.contains(trouble) }) else { return lines }
        return [trouble] + lines
    }
}
