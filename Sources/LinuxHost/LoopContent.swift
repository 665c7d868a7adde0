internal import CLinux

/// Which file a loop device carries, as far as the kernel tells it.
package struct LoopContent: Hashable, Sendable {
    /// The file; nil where its file system answers no question about it, such as one that was shut down.
    package let identity: FileIdentity?
    /// The path that the kernel remembers, which asks nobody, without the mark of a file that lost its name.
    package let path: String

    /// Puts the two together.
    package init(identity: FileIdentity?, path: String) {
        self.identity = identity
        self.path = path.withoutDeletedMark
    }
}

extension LoopDevice {
    /// What is attached, or nil if nothing is; a file system that does not answer hinders nothing.
    package func content() throws(SystemError) -> LoopContent? {
        guard let path = try backingPath() else { return nil }
        do throws(SystemError) {
            guard let backing = try backing() else { return nil }
            return LoopContent(identity: backing.identity, path: path)
        } catch  where !error.errno.isShortage {
            return LoopContent(identity: nil, path: path)
        }
    }
}

extension Errno {
    /// What the kernel answers where the asker, or the machine, is short of something: it tells nothing about the thing
    /// that was asked for.
    package var isShortage: Bool {
        self == .noMemory || rawValue == clinux_error_many_files || rawValue == clinux_error_table_full
    }
}
