import Glibc

/// The process's standard error, as a sink for log lines.
package enum StandardError {
    /// Writes the bytes in one system call.
    ///
    /// Lines of different threads therefore do not mix (pipes promise that up to 4 KiB). Nothing is done about a failure:
    /// there is no other place left to report it.
    package static func write(_ bytes: [UInt8]) {
        // SAFETY: the pointer and its count come from one array, which lives through the call.
        _ = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe Glibc.write(STDERR_FILENO, buffer.baseAddress, buffer.count)
        }
    }
}
