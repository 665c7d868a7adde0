internal import CLinux

/// An absolute path from a caller that is not trusted, checked and split.
///
/// It has no "." and "..", no empty parts (but a slash at the end is forgiven) and no NUL, and is at most 4096 bytes.
package struct TargetPath: Hashable, Sendable, CustomStringConvertible {
    /// The path without a slash at its end.
    package let text: String
    /// The part above the last name.
    package let parent: String
    /// The last name.
    package let name: String

    /// The path.
    package var description: String { text }

    /// Checks a path; nil if it is not acceptable, also for "/" alone.
    package init?(_ raw: String) {
        guard raw.utf8.count <= 4096, raw.hasPrefix("/"), !raw.utf8.contains(0) else { return nil }
        let whole = raw.utf8.last == UInt8(ascii: "/") ? raw.dropLast() : raw[...]
        let parts = whole.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let isFine = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
        guard isFine, let last = parts.last else { return nil }
        text = String(whole)
        name = String(last)
        parent = "/" + parts.dropLast().joined(separator: "/")
    }

    /// Opens the folder above; throws ELOOP if any part of the way is a symbolic link.
    package func openParent() throws(SystemError) -> Directory {
        try Directory.openWithoutLinks(parent)
    }

    /// Opens the folder itself as a place to mount at; ELOOP for links, ENOTDIR for anything but a folder.
    package func openFolder() throws(SystemError) -> OwnedDescriptor {
        try open(CLINUX_OPEN_PATH_FOLDER)
    }

    /// Opens whatever is there, file or folder, as a place to mount at; ELOOP for links.
    package func openPlace() throws(SystemError) -> OwnedDescriptor {
        try open(CLINUX_OPEN_PATH)
    }

    /// What is at the path, or nil if nothing is; a link at the end is looked at, one on the way is ELOOP.
    ///
    /// Nothing is there either if the folder above is missing.
    package func status() throws(SystemError) -> FileStatus? {
        do throws(SystemError) {
            return try openParent().status(name)
        } catch  where error.errno == .noEntry {
            return nil
        }
    }

    private func open(_ how: clinux_open_how) throws(SystemError) -> OwnedDescriptor {
        let opened = unsafe clinux_open(-1, text, how, CLINUX_WALK_NO_LINKS, 0)
        return OwnedDescriptor(owning: try SystemError.check("open place", on: text, opened))
    }
}
