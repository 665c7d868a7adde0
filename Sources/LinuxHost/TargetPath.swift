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

    /// The mount whose root a user of the path meets there, as `Mount.id`; nil if nothing is there or it is no root of one.
    ///
    /// Asks the file system that is mounted there nothing but what the kernel has in memory.
    package func mountedThere() throws(SystemError) -> UInt64? {
        do throws(SystemError) {
            let place = try openPlace()
            do throws(SystemError) {
                let status = try place.status()
                return status.isMountRoot ? status.mountID : nil
            } catch  where error.errno == .inputOutput {
                // An XFS that was shut down does not even tell of its root.
                let mine = try Self.mountID(of: place)
                return try mine == openParent().status().mountID ? nil : mine
            }
        } catch  where error.errno == .noEntry {
            return nil
        }
    }

    /// The mount that a user of the path meets there, or at the nearest folder above that exists.
    package func reachedMount() throws(SystemError) -> UInt64? {
        do throws(SystemError) {
            return try Self.mountID(of: try openPlace())
        } catch  where error.errno == .noEntry {
            return try TargetPath(parent)?.reachedMount()
        }
    }

    /// proc_pid_fdinfo(5); needs no answer of the file system.
    private static func mountID(of place: borrowing OwnedDescriptor) throws(SystemError) -> UInt64? {
        let text = try TextFile.value("/proc/self/fdinfo/\(place.number)") ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("mnt_id:") }
        return line.flatMap { UInt64($0.dropFirst("mnt_id:".count).drop { $0 == "\t" || $0 == " " }) }
    }

    private func open(_ how: clinux_open_how) throws(SystemError) -> OwnedDescriptor {
        let opened = unsafe clinux_open(-1, text, how, CLINUX_WALK_NO_LINKS, 0)
        return OwnedDescriptor(owning: try SystemError.check("open place", on: text, opened))
    }
}
