import LinuxHost

/// Waits out what keeps a mount or a device busy for moments only.
///
/// A child that is being started has a copy of every descriptor of its parent until it runs its own program, and
/// a container that is being started has a copy of every mount until it drops them.
enum Patience {
    private static let nanoseconds: Int64 = 100_000_000
    private static let pauseNanoseconds: Int64 = 2_000_000

    /// Repeats the step for a tenth of a second as long as it throws EBUSY; throws what the last attempt threw.
    static func whileBusy(_ step: () throws(SystemError) -> Void) throws(SystemError) {
        let deadline = Clock.monotonicNanoseconds + nanoseconds
        while true {
            do throws(SystemError) {
                return try step()
            } catch {
                guard error.errno == .busy, Clock.monotonicNanoseconds < deadline else { throw error }
                Clock.sleep(nanoseconds: pauseNanoseconds)
            }
        }
    }
}
