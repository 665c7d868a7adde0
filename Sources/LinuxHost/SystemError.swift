/// A failed system call: which call, on what, and what the kernel said.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The call, or a short name of the operation.
    package let call: String
    /// What the kernel answered.
    package let errno: Errno
    /// What the call was applied to, in words for a log line.
    package let object: String

    /// Describes a failure; tests and fakes make them too.
    package init(call: String, errno: Errno, object: String) {
        self.call = call
        self.errno = errno
        self.object = object
    }

    /// "fallocate /pool/image: ENOSPC".
    package var description: String { "\(call) \(object): \(errno.name)" }

    /// Passes on a result of C, or throws what it says.
    ///
    /// EBADF and EFAULT are programmer errors and stop the process, for the next call could hit a stranger's file.
    @discardableResult
    static func check<Value: SignedInteger>(
        _ call: String, on object: @autoclosure () -> String, _ result: Value,
    ) throws(SystemError) -> Value {
        guard result < 0 else { return result }
        let error = Errno(rawValue: Int32(-result))
        precondition(
            error != .badDescriptor && error != .badAddress,
            "\(call) answered \(error.name): a descriptor or an address was used after its end.")
        throw SystemError(call: call, errno: error, object: object())
    }
}
