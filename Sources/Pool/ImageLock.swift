import LinuxHost

extension OwnedDescriptor {
    /// How long a detach takes at most to let go of its file once the device is gone.
    private static let lagNanoseconds: Int64 = 500_000_000
    private static let pauseNanoseconds: Int64 = 1_000_000

    /// Takes the lock of an image; false if somebody uses it.
    ///
    /// The kernel closes the file of a loop device, and so gives up its lock, a moment after the device shows that it is
    /// gone, and in whichever process closed the device last (Linux 6.18, `__loop_clr_fd`). So while no device here has
    /// the image, the lock is waited for a little; no call waits for it without end and no event tells of it.
    borrowing func lockImage(_ kind: LockKind) throws(SystemError) -> Bool {
        let deadline = Clock.monotonicNanoseconds + Self.lagNanoseconds
        while try !tryLock(kind) {
            guard Clock.monotonicNanoseconds < deadline,
                try LoopDevices.backed(by: status().identity, named: PoolLayout.image).isEmpty
            else { return false }
            Clock.sleep(nanoseconds: Self.pauseNanoseconds)
        }
        return true
    }
}
