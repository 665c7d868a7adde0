internal import CLinux

/// A bell that one thread rings and another waits for, with a time limit.
package final class Bell: Sendable {
    private let descriptor: OwnedDescriptor

    /// Makes a bell that has not rung.
    package init() throws(SystemError) {
        descriptor = OwnedDescriptor(
            owning: try SystemError.check("eventfd", on: "bell", clinux_bell_create()))
    }

    /// Rings for good: every wait returns at once from now on.
    package func ring() throws(SystemError) {
        try SystemError.check("write", on: "bell", clinux_bell_ring(descriptor.number))
    }

    /// Waits; true if it rang, false when the time is over.
    package func wait(seconds: Double) throws(SystemError) -> Bool {
        let milliseconds = Int64(max(0, min(seconds, 1e6)) * 1000)
        return try SystemError.check("poll", on: "bell", clinux_bell_wait(descriptor.number, milliseconds))
            == 1
    }
}
