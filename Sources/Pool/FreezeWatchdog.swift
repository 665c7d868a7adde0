import LinuxHost
import Volumes

/// Ends freezes at their deadline, whatever the thread that asked for them is doing.
enum FreezeWatchdog {
    private static let step = "watch over a freeze"

    /// Runs the body while all of the targets are frozen, and thaws them at the deadline if the body still runs,
    /// which can ask whether they still are.
    ///
    /// They are frozen in their order, all before the body begins. Returns false if the deadline came first. The watch is
    /// over when this returns.
    ///
    /// - Throws: what freezing or thawing throws; the body was not run unless thawing failed.
    static func holding(
        _ targets: [FreezeTarget], seconds: Double, _ body: (_ holds: @escaping () -> Bool) -> Void
    ) throws(VolumeFault) -> Bool {
        for target in targets { try target.sync() }
        let bell = try VolumeFault.onHost(step) { () throws(SystemError) in try Bell() }
        let watcher = try VolumeFault.onHost(step) { () throws(SystemError) in
            try OwnThread.start(name: "freeze-watch") { watch(targets, bell, seconds) }
        }
        var wasInTime = true
        var trouble: VolumeFault?
        do throws(VolumeFault) {
            for target in targets where wasInTime { wasInTime = try target.freeze() }
            if wasInTime { body { targets.allSatisfy(\.isFrozen) } }
        } catch {
            trouble = error
        }
        for target in targets {
            do throws(VolumeFault) {
                if try !target.thaw() { wasInTime = false }
            } catch {
                trouble = trouble ?? error
            }
        }
        do throws(SystemError) {
            try bell.ring()
            try watcher.join()
        } catch {
            throw trouble ?? .host(step: step, cause: "\(error)")
        }
        if let trouble { throw trouble }
        return wasInTime
    }

    private static func watch(_ targets: [FreezeTarget], _ bell: Bell, _ seconds: Double) {
        var hasRung = false
        do {
            hasRung = try bell.wait(seconds: seconds)
        } catch {
            // Who cannot tell the time ends the freezes now.
        }
        // In the order of freezing: one that hangs in its freeze has only such behind it that are not frozen yet.
        for target in targets { target.end(isExpired: !hasRung) }
    }
}
