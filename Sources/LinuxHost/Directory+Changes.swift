internal import CLinux

extension Directory {
    /// Whether an `ensure` had something to do.
    package enum Ensured: Sendable {
        /// It was not there before.
        case created
        /// It was there already.
        case alreadyPresent
    }

    /// Makes a new folder and opens it; EEXIST if the name is taken.
    @discardableResult
    package func create(_ name: String, mode: UInt32) throws(SystemError) -> Directory {
        try checkName(name)
        try SystemError.check("mkdir", on: path(name), unsafe clinux_make_folder(number, name, mode))
        return try open(name)
    }

    /// Makes a folder if there is none; ENOTDIR if the name is something else.
    @discardableResult
    package func ensure(_ name: String, mode: UInt32) throws(SystemError) -> Ensured {
        try checkName(name)
        let result = unsafe clinux_make_folder(number, name, mode)
        if result == 0 { return .created }
        if result == -Errno.exists.rawValue, let found = try status(name) {
            guard found.kind == .directory else {
                throw SystemError(call: "mkdir", errno: .notDirectory, object: path(name))
            }
            return .alreadyPresent
        }
        try SystemError.check("mkdir", on: path(name), result)
        return .created
    }

    /// Makes a new empty file and opens it for reading and writing; EEXIST if the name is taken.
    package func createFile(_ name: String, mode: UInt32) throws(SystemError) -> OwnedDescriptor {
        try openDescriptor(name, CLINUX_OPEN_CREATE, "create", mode: mode)
    }

    /// Adds to the end of a file, or makes it, without a sync; what others add at the same moment stays whole (O_APPEND).
    package func append(_ bytes: [UInt8], to name: String, mode: UInt32) throws(SystemError) {
        let file = try openDescriptor(name, CLINUX_OPEN_APPEND, "append", mode: mode)
        // pwrite(2): with O_APPEND Linux writes at the end, whatever the offset.
        try file.pwrite(bytes, offset: 0)
    }

    /// Reads a whole regular file; EFBIG if it is longer than the limit, and for other kinds what `openFile` throws.
    package func read(_ name: String, limitBytes: Int) throws(SystemError) -> [UInt8] {
        let file = try openFile(name, .readOnly)
        let bytes = try file.pread(offset: 0, upTo: limitBytes + 1)
        guard bytes.count <= limitBytes else {
            throw SystemError(call: "read", errno: .fileTooBig, object: path(name))
        }
        return bytes
    }

    /// Writes a new file and syncs its content; the name is durable after `sync()` of the folder.
    ///
    /// Nothing is left under the name if this throws, unless it was taken (EEXIST).
    package func write(_ name: String, _ bytes: [UInt8], mode: UInt32) throws(SystemError) {
        let file = try createFile(name, mode: mode)
        do throws(SystemError) {
            try file.pwrite(bytes, offset: 0)
            try file.sync()
            try file.close()
        } catch {
            // The first failure is the one to report.
            _ = unsafe clinux_remove_file(number, name)
            throw error
        }
    }

    /// Moves a name to another folder of the same file system; EEXIST if the new name is taken.
    package func renameNoReplace(_ name: String, to folder: borrowing Directory, as newName: String)
        throws(SystemError)
    {
        try checkName(name)
        try folder.checkName(newName)
        try SystemError.check(
            "rename", on: "\(path(name)) to \(folder.path(newName))",
            unsafe clinux_rename(number, name, folder.number, newName, false))
    }

    /// Moves a folder to another folder of the same file system; EEXIST if a folder with anything in it has the new name.
    ///
    /// The same as `renameNoReplace` where the file system knows that. Others (NFS, Linux 6.18: EINVAL) rename a folder
    /// over an empty one at most, rename(2), so it fails as well where the new name belongs to one that holds something.
    package func moveFolder(_ name: String, to folder: borrowing Directory, as newName: String)
        throws(SystemError)
    {
        do throws(SystemError) {
            try renameNoReplace(name, to: folder, as: newName)
        } catch  where error.errno == .invalid {
            try moveOverEmptyFolder(name, to: folder, as: newName)
        }
    }

    func moveOverEmptyFolder(_ name: String, to folder: borrowing Directory, as newName: String)
        throws(SystemError)
    {
        try checkName(name)
        try folder.checkName(newName)
        let object = "\(path(name)) to \(folder.path(newName))"
        guard try status(name)?.kind != .regular else {
            throw SystemError(call: "rename", errno: .notDirectory, object: object)
        }
        do throws(SystemError) {
            try SystemError.check(
                "rename", on: object, unsafe clinux_rename(number, name, folder.number, newName, true))
        } catch  where error.errno == .notEmpty {
            throw SystemError(call: error.call, errno: .exists, object: error.object)
        }
    }

    /// Removes a file, link or device node; ENOENT if there is none.
    package func removeFile(_ name: String) throws(SystemError) {
        try checkName(name)
        try SystemError.check("unlink", on: path(name), unsafe clinux_remove_file(number, name))
    }

    /// Removes an empty folder; ENOENT if there is none, EBUSY if something is mounted there.
    package func removeDirectory(_ name: String) throws(SystemError) {
        try checkName(name)
        try SystemError.check("rmdir", on: path(name), unsafe clinux_remove_folder(number, name))
    }

    /// Removes a name with all below it; nothing happens if there is none, or if somebody else removes it meanwhile.
    ///
    /// Follows no link, enters no other mount (EXDEV), and gives up at 32 levels (ELOOP). What cannot be removed keeps
    /// nothing beside it; the first failure is told at the end.
    package func removeTree(_ name: String) throws(SystemError) {
        try removeTree(name, levelsLeft: 32)
    }

    private func removeTree(_ name: String, levelsLeft: Int) throws(SystemError) {
        do throws(SystemError) {
            try removeTreeOnce(name, levelsLeft: levelsLeft)
        } catch  where error.errno == .noEntry || error.errno == .stale {
            // Another driver was at it, as on a shared pool, where each empties the trash.
        }
    }

    private func removeTreeOnce(_ name: String, levelsLeft: Int) throws(SystemError) {
        guard let found = try status(name) else { return }
        guard found.kind == .directory else { return try removeFile(name) }
        guard levelsLeft > 0 else {
            throw SystemError(call: "remove tree", errno: .symbolicLink, object: "\(path(name)), too deep")
        }
        do {
            let folder = Directory(
                owning: try openDescriptor(
                    name, CLINUX_OPEN_FOLDER, "open folder", walk: CLINUX_WALK_BENEATH_SAME_MOUNT))
            var failure: SystemError?
            for entry in try folder.entries() {
                do throws(SystemError) {
                    try folder.removeTree(entry, levelsLeft: levelsLeft - 1)
                } catch {
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
        }
        try removeDirectory(name)
    }
}
