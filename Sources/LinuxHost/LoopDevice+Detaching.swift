internal import CLinux

extension LoopDevice {
    /// How long users that come and go by themselves (udev looks at each new device) are waited for.
    private static let patienceNanoseconds: Int64 = 2_000_000_000
    private static let pauseNanoseconds: Int64 = 5_000_000
    /// How often taking the mark of LOOP_CLR_FD back is tried.
    private static let attemptsToUnmark = 50

    /// Takes whatever file is attached now away from the device; see `detach(ifHolding:)`.
    ///
    /// Only for callers that know that the number was not given to another file meanwhile.
    package func detach() throws(SystemError) {
        guard let content = try content() else { return }
        try detach(ifHolding: content)
    }

    /// The same for a file that is known by its identity alone.
    package func detach(ifBackedBy file: FileIdentity) throws(SystemError) {
        try detach(ifHolding: LoopContent(identity: file, path: try backingPath() ?? ""))
    }

    /// Takes a file away from the device and makes sure that it is gone.
    ///
    /// Throws EBUSY, with the device as it was before, if somebody has it mounted, claimed or open. Nothing happens
    /// if the device carries another file or none; the kernel gives free numbers away at once.
    package func detach(ifHolding content: LoopContent) throws(SystemError) {
        let deadline = Clock.monotonicNanoseconds + Self.patienceNanoseconds
        guard try isStill(content) else { return }
        do throws(SystemError) {
            while true {
                if try clear(content) { return }
                guard Clock.monotonicNanoseconds < deadline else { break }
                Clock.sleep(nanoseconds: Self.pauseNanoseconds)
                if try !isStill(content) { return }
            }
            throw SystemError(call: "LOOP_CLR_FD", errno: .busy, object: "\(path), which is open elsewhere")
        } catch {
            // The kernel marked the device to go with its last user; the failure must not leave that behind.
            guard try unmark(content, after: error) else { return }
            throw error
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
    private func clear(_ content: LoopContent) throws(SystemError) -> Bool {
        do throws(SystemError) {
            // While this descriptor claims the device, nobody can mount it.
            let device = try open(exclusive: true)
            guard try isStill(content) else { return true }
            try SystemError.check("LOOP_CLR_FD", on: path, clinux_loop_clear(device.number))
            // Since 5.18 or so the file goes when the last descriptor is closed, so close first and look then.
            try device.close()
        } catch  where error.errno.meansGone {
            // Gone, or just going with a reader that was there at the same moment; the line below tells.
        } catch  where error.errno == .busy {
            guard try isStill(content) else { return true }
            throw SystemError(
                call: "LOOP_CLR_FD", errno: .busy, object: "\(path), which is mounted or claimed")
        }
        return try !isStill(content)
    }

    private func isStill(_ content: LoopContent) throws(SystemError) -> Bool {
        do throws(SystemError) {
            if let now = try backing()?.identity, let wanted = content.identity { return now == wanted }
        } catch  where !error.errno.isShortage {
            // Its file system does not answer; the path does.
        }
        // While the kernel takes the file away the device answers as if it had none, but the lock is still held.
        guard let path = try backingPath() else { return false }
        return content.path.isEmpty || path.withoutDeletedMark == content.path
    }

    /// Lets the device outlast its last user again, as every device of a driver does; nothing happens if it carries
    /// another file, or is not to go.
    package func keep(ifHolding content: LoopContent) throws(SystemError) {
        guard try goesWithLastUser(), try isStill(content) else { return }
        let device = try open()
        // The status of a file system that does not answer cannot be read; what the driver set is known.
        try SystemError.check(
            "LOOP_SET_STATUS64", on: path, clinux_loop_unmark_autoclear(device.number))
    }

    /// Takes the mark of LOOP_CLR_FD back; false if the device went meanwhile.
    private func unmark(_ content: LoopContent, after cause: SystemError) throws(SystemError) -> Bool {
        var attempt = 1
        while true {
            do throws(SystemError) {
                try keep(ifHolding: content)
                return try isStill(content)
            } catch  where error.errno.meansGone {
                return false
            } catch {
                guard attempt < Self.attemptsToUnmark else {
                    throw SystemError(
                        call: cause.call, errno: cause.errno,
                        object: "\(cause.object) (then \(error), so it will go with its last user)")
                }
            }
            attempt += 1
            Clock.sleep(nanoseconds: Self.pauseNanoseconds)
        }
    }
}
