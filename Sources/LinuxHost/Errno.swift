internal import CLinux

/// A Linux error number.
package struct Errno: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number as the kernel gave it, positive.
    package let rawValue: Int32

    /// Wraps a positive error number.
    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// The symbolic name, such as "ENOSPC".
    package var name: String {
        guard let text = unsafe clinux_error_name(rawValue) else { return "error \(rawValue)" }
        return unsafe String(cString: text)
    }

    /// The symbolic name.
    package var description: String { name }

    /// ENOENT.
    package static let noEntry = Errno(rawValue: clinux_error_no_entry)
    /// EEXIST.
    package static let exists = Errno(rawValue: clinux_error_exists)
    /// EBUSY.
    package static let busy = Errno(rawValue: clinux_error_busy)
    /// EAGAIN.
    package static let again = Errno(rawValue: clinux_error_again)
    /// ENOSPC.
    package static let noSpace = Errno(rawValue: clinux_error_no_space)
    /// EDQUOT.
    package static let quota = Errno(rawValue: clinux_error_quota)
    /// EROFS.
    package static let readOnly = Errno(rawValue: clinux_error_read_only)
    /// EOPNOTSUPP.
    package static let notSupported = Errno(rawValue: clinux_error_not_supported)
    /// EINVAL.
    package static let invalid = Errno(rawValue: clinux_error_invalid)
    /// ENOTDIR.
    package static let notDirectory = Errno(rawValue: clinux_error_not_folder)
    /// EISDIR.
    package static let isDirectory = Errno(rawValue: clinux_error_is_folder)
    /// ENOTEMPTY.
    package static let notEmpty = Errno(rawValue: clinux_error_not_empty)
    /// ESTALE: removed by another machine, as network file systems say.
    package static let stale = Errno(rawValue: clinux_error_stale)
    /// ELOOP: a symbolic link where none may be.
    package static let symbolicLink = Errno(rawValue: clinux_error_loop)
    /// ENODEV.
    package static let noDevice = Errno(rawValue: clinux_error_no_device)
    /// ENXIO: nothing attached, or nothing behind this offset.
    package static let noAddress = Errno(rawValue: clinux_error_no_address)
    /// EIO.
    package static let inputOutput = Errno(rawValue: clinux_error_io)
    /// EFBIG.
    package static let fileTooBig = Errno(rawValue: clinux_error_too_big)
    /// ENOMEM.
    package static let noMemory = Errno(rawValue: clinux_error_no_memory)

    static let badDescriptor = Errno(rawValue: clinux_error_bad_descriptor)
    static let badAddress = Errno(rawValue: clinux_error_fault)
}
