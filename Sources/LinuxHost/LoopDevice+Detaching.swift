internal import CLinux

extension LoopDevice {
    /// How long users that come and go by themselves (udev looks at each new device) are waited for.
    private static let patienceNanoseconds: Int64 = 2_000_000_000
    private static let pauseNanoseconds: Int64 = 5_000_000

    /// Takes whatever file is attached now away from the device; see `detach(ifBackedBy:)`.
    ///
    /// Only for callers that know that the number was not given to another file meanwhile.
    package func detach() throws(SystemError) {
        guard let file = try backing()?.identity else { return }
        try detach(ifBackedBy: file)
    }

    /// Takes a file away from the device and makes sure that it is gone.
    ///
    /// Throws EBUSY, with the device as it was before, if somebody has it mounted, claimed or open. Nothing happens
    /// if the device carries another file or none; the kernel gives free numbers away at once.
    package func detach(ifBackedBy file: FileIdentity) throws(SystemError) {
        let deadline = Clock.monotonicNanoseconds + Self.patienceNanoseconds
        guard try isStill(file) else { return }
        while true {
            if try clear(backing: file) { return }
            guard Clock.monotonicNanoseconds < deadline else { break }
            Clock.sleep(nanoseconds: Self.pauseNanoseconds)
            if try !isStill(file) { return }
        }
        // The kernel marked the device to go with its last user; the failure must not leave that behind.
        if try unmark(backing: file) {
            throw SystemError(call: "LOOP_CLR_FD", errno: .busy, object: "\(path), which is open elsewhere")
        }
    }

    /// Undoes an attachment because of an error, and throws that, with the second one if the undo fails as well.
    func detach(_ file: FileIdentity, after cause: SystemError) throws(SystemError) -> Never {
        do throws(SystemError) {
            try detach(ifBackedBy: file)
        } catch {
            throw SystemError(
                call: cause.call, errno: cause.errno,
                object: "\(cause.object) (then \(error), so it stays attached)")
        }
        throw cause
    }

    /// One try to detach; true when this file is no longer attached.
    private func clear(backing: FileIdentity) throws(SystemError) -> Bool {
        do throws(SystemError) {
            // While this descriptor claims the device, nobody can mount it.
            let device = try open(exclusive: true)
            guard try LoopBacking.of(device, number: number).identity == backing else { return true }
            try SystemError.check("LOOP_CLR_FD", on: path, clinux_loop_clear(device.number))
            // Since 5.18 or so the file goes when the last descriptor is closed, so close first and look then.
            try device.close()
        } catch  where Self.meansDetached(error.errno) {
            // Gone, or just going with a reader that was there at the same moment; the line below tells.
        } catch  where error.errno == .busy {
            guard try isStill(backing) else { return true }
            throw SystemError(
                call: "LOOP_CLR_FD", errno: .busy, object: "\(path), which is mounted or claimed")
        }
        return try !isStill(backing)
    }

    private func isStill(_ file: FileIdentity) throws(SystemError) -> Bool {
        if let now = try backing() { return now.identity == file }
        // While the kernel takes the file away the device answers as if it had none, but the lock is still held.
        return try FileStatus.at("/sys/block/loop\(number)/loop/backing_file") != nil
    }

    /// Takes the mark of LOOP_CLR_FD back; false if the device went meanwhile.
    private func unmark(backing: FileIdentity) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let device = try open()
            guard try LoopBacking.of(device, number: number).identity == backing else { return false }
            try SystemError.check("LOOP_SET_STATUS64", on: path, clinux_loop_unmark_autoclear(device.number))
            return true
        } catch  where Self.meansDetached(error.errno) {
            return false
        }
    }
}
