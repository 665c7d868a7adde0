internal import CLinux

/// A thread of this process that runs one closure.
///
/// Dropping the value without `join()` lets the thread run on by itself.
package struct OwnThread: ~Copyable, Sendable {
    private let handle: UInt64

    /// Starts a thread; its name is cut to 15 bytes.
    package static func start(
        name: String, stackBytes: Int = 512 * 1024, _ body: @escaping @Sendable () -> Void,
    ) throws(SystemError) -> OwnThread {
        let box = unsafe Unmanaged.passRetained(Body(body))
        var started = clinux_thread()
        let result = unsafe clinux_thread_start(
            name, stackBytes, { unsafe Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() },
            box.toOpaque(),
            &started)
        if result < 0 {
            // The closure was not called, so the reference it would have taken is still here.
            unsafe box.release()
        }
        try SystemError.check("pthread_create", on: name, result)
        return OwnThread(handle: started.handle)
    }

    private init(handle: UInt64) { self.handle = handle }

    /// Waits for the closure to return.
    package consuming func join() throws(SystemError) {
        let thread = clinux_thread(handle: handle)
        discard self
        try SystemError.check("pthread_join", on: "thread", clinux_thread_join(thread))
    }

    deinit {
        // Fails only for a thread that does not exist, and this value owned one.
        _ = clinux_thread_detach(clinux_thread(handle: handle))
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
