internal import CLinux

/// The signals that ask the process to end.
package enum Signals {
    /// SIGTERM.
    package static var terminate: Int32 { clinux_signal_terminate }
    /// SIGINT.
    package static var interrupt: Int32 { clinux_signal_interrupt }

    /// Blocks SIGTERM and SIGINT for this thread and those it starts, and ignores SIGPIPE.
    ///
    /// Call first thing in the process, before any other thread exists.
    package static func block() throws(SystemError) {
        try SystemError.check("sigmask", on: "SIGTERM and SIGINT", clinux_signals_block())
    }

    /// Waits for SIGTERM or SIGINT and returns which one came.
    package static func wait() throws(SystemError) -> Int32 {
        try SystemError.check("sigwait", on: "SIGTERM and SIGINT", clinux_signals_wait())
    }

    /// Waits for SIGTERM or SIGINT for so long at most; nil if neither came.
    package static func next(within nanoseconds: Int64) throws(SystemError) -> Int32? {
        let number = try SystemError.check(
            "sigtimedwait", on: "SIGTERM and SIGINT", clinux_signals_wait_for(nanoseconds))
        return number == 0 ? nil : number
    }
}
