internal import CLinux

/// An open folder whose contents are reached by single names, never through a link and never outside of it.
///
/// A name that is empty, ".", "..", or holds "/" or NUL throws EINVAL; a symbolic link throws ELOOP.
package struct Directory: ~Copyable, Sendable {
    /// The folder as a descriptor, for what is not about names in it.
    package let descriptor: OwnedDescriptor

    /// Names with this prefix are half-written files of `replace`; after a crash they may be removed.
    package static let temporaryPrefix = ".tmp-"

    init(owning descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Opens a trusted path; follows links.
    package static func open(_ path: String) throws(SystemError) -> Directory {
        try open(path, CLINUX_WALK_ANY)
    }

    /// Opens an untrusted absolute path; throws ELOOP if any part of it is a symbolic link.
    package static func openWithoutLinks(_ path: String) throws(SystemError) -> Directory {
        try open(path, CLINUX_WALK_NO_LINKS)
    }

    private static func open(_ path: String, _ walk: clinux_walk) throws(SystemError) -> Directory {
        try checkText(path, call: "open folder")
        let number = unsafe clinux_open(-1, path, CLINUX_OPEN_FOLDER, walk, 0)
        return Directory(
            owning: OwnedDescriptor(owning: try SystemError.check("open folder", on: path, number)))
    }

    /// The raw descriptor number, for `/proc/self/fd` paths; valid as long as this value lives.
    package var number: Int32 { descriptor.number }

    /// Where the folder is now, in words for messages.
    package var pathForMessages: String { descriptor.pathForMessages }

    /// Closes the folder and reports errors.
    package consuming func close() throws(SystemError) {
        try descriptor.close()
    }

    /// What the folder itself looks like now.
    package func status() throws(SystemError) -> FileStatus {
        try descriptor.status()
    }

    /// What is behind a name, or nil if nothing is; a link is looked at, not followed.
    package func status(_ name: String) throws(SystemError) -> FileStatus? {
        try checkName(name)
        return try FileStatus.of(name, in: number, on: path(name))
    }

    /// The names in the folder without "." and "..", in the kernel's order.
    ///
    /// A name that is not valid UTF-8 comes back repaired and cannot be opened by that.
    package func entries() throws(SystemError) -> [String] {
        let listing = OwnedDescriptor(
            owning: try SystemError.check(
                "open folder", on: pathForMessages,
                unsafe clinux_open(number, ".", CLINUX_OPEN_FOLDER, CLINUX_WALK_BENEATH, 0)))
        var names: [String] = []
        while true {
            var result: Int64 = 0
            let packed = unsafe [UInt8](unsafeUninitializedCapacity: Int(CLINUX_ENTRIES_BYTES)) {
                buffer, used in
                guard let base = buffer.baseAddress else { return }
                result = unsafe clinux_read_entries(
                    listing.number, UnsafeMutableRawPointer(base), buffer.count)
                used = Int(max(result, 0))
            }
            try SystemError.check("getdents", on: pathForMessages, result)
            if result == 0 { return names }
            names += packed.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The same folder by a descriptor of its own.
    package func reopened() throws(SystemError) -> Directory {
        Directory(
            owning: OwnedDescriptor(
                owning: try SystemError.check(
                    "open folder", on: pathForMessages,
                    unsafe clinux_open(number, ".", CLINUX_OPEN_FOLDER, CLINUX_WALK_BENEATH, 0))))
    }

    /// Makes everything that happened to the names in this folder durable.
    package func sync() throws(SystemError) { try descriptor.sync() }

    /// Tries to take the flock of this open folder without waiting; false if another open file holds it.
    package func tryLock(_ kind: LockKind) throws(SystemError) -> Bool { try descriptor.tryLock(kind) }

    /// Gives the flock back.
    package func unlock() throws(SystemError) { try descriptor.unlock() }

    /// Space on the file system that holds the folder.
    package func space() throws(SystemError) -> FilesystemSpace { try FilesystemSpace.of(descriptor) }

    /// Opens a folder in this folder.
    package func open(_ name: String) throws(SystemError) -> Directory {
        Directory(owning: try openDescriptor(name, CLINUX_OPEN_FOLDER, "open folder"))
    }

    /// Opens a regular file for reading, or for reading and writing; never waits for what a FIFO in its place waits for.
    ///
    /// Throws EISDIR for a folder, and EINVAL for any other kind of file.
    package func openFile(_ name: String, _ access: FileAccess) throws(SystemError) -> OwnedDescriptor {
        try checkName(name)
        let opened = unsafe clinux_open_regular(number, name, access.how, CLINUX_WALK_BENEATH)
        let object =
            opened == -Errno.invalid.rawValue ? "\(path(name)), which is no regular file" : path(name)
        return OwnedDescriptor(owning: try SystemError.check("open", on: object, opened))
    }

    /// Opens a place of any kind without reading it (O_PATH), as source or target of a mount.
    package func openPlace(_ name: String) throws(SystemError) -> OwnedDescriptor {
        try openDescriptor(name, CLINUX_OPEN_PATH, "open place")
    }

    func openDescriptor(
        _ name: String, _ how: clinux_open_how, _ call: String, walk: clinux_walk = CLINUX_WALK_BENEATH,
        mode: UInt32 = 0,
    ) throws(SystemError) -> OwnedDescriptor {
        try checkName(name)
        let opened = unsafe clinux_open(number, name, how, walk, mode)
        return OwnedDescriptor(owning: try SystemError.check(call, on: path(name), opened))
    }

    /// The path of a name in this folder, for messages.
    func path(_ name: String) -> String { "\(pathForMessages)/\(name)" }

    func checkName(_ name: String) throws(SystemError) {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 == 0 || $0 == 0x2f })
        else {
            throw SystemError(call: "check name", errno: .invalid, object: "in \(pathForMessages)")
        }
    }
}
