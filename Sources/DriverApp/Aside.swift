import LinuxHost

/// Things that are done at the same time, on threads of their own.
enum Aside {
    /// Does all of them; returns when they are done, or when the time is over.
    ///
    /// Those that are late go on.
    static func all(_ bodies: [@Sendable () -> Void], atMost seconds: Double = 1e6) {
        let began = Clock.monotonicNanoseconds
        let bells = bodies.map(start)
        for bell in bells {
            let left = seconds - Double(Clock.monotonicNanoseconds - began) / 1e9
            do throws(SystemError) {
                _ = try bell?.wait(seconds: left)
            } catch {
                // What cannot be waited for goes on by itself.
            }
        }
    }

    /// The bell that rings at the end; nothing where it was done here for want of a thread.
    private static func start(_ body: @escaping @Sendable () -> Void) -> Bell? {
        do throws(SystemError) {
            let bell = try Bell()
            _ = try OwnThread.start(name: "aside") {
                body()
                do throws(SystemError) {
                    try bell.ring()
                } catch {
                    // Who waits goes on when the time is over.
                }
            }
            return bell
        } catch {
            body()
            return nil
        }
    }
}
