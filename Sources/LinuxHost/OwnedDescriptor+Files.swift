internal import CLinux

/// How a flock is taken.
package enum LockKind: Sendable {
    /// One holder, nobody else.
    case exclusive
    /// Any number of holders, none of them exclusive.
    case shared
}

extension OwnedDescriptor {
    /// What the open file looks like now.
    package func status() throws(SystemError) -> FileStatus {
        guard let found = try FileStatus.of("", in: number, on: pathForMessages) else {
            throw SystemError(call: "statx", errno: .noEntry, object: pathForMessages)
        }
        return found
    }

    /// Reserves blocks for the whole range from the start and extends the file to it; never shrinks.
    package func allocate(bytes: Int64) throws(SystemError) {
        try allocate(from: 0, bytes: bytes)
    }

    /// Reserves blocks for a range and extends the file to its end where needed.
    package func allocate(from offset: Int64, bytes: Int64) throws(SystemError) {
        try SystemError.check("fallocate", on: pathForMessages, clinux_allocate(number, offset, bytes))
    }

    /// Sets the size; new bytes are a hole.
    package func truncate(to bytes: Int64) throws(SystemError) {
        try SystemError.check("ftruncate", on: pathForMessages, clinux_truncate(number, bytes))
    }

    /// Sets the times of access and change to now.
    package func touch() throws(SystemError) {
        try SystemError.check("futimens", on: pathForMessages, clinux_touch(number))
    }

    /// Makes content and metadata durable.
    package func sync() throws(SystemError) {
        try SystemError.check("fsync", on: pathForMessages, clinux_sync(number))
    }

    /// Tries to take the flock of this open file without waiting; false if another open file holds it.
    package func tryLock(_ kind: LockKind) throws(SystemError) -> Bool {
        let result = clinux_lock(number, kind == .exclusive)
        if result == -Errno.again.rawValue { return false }
        try SystemError.check("flock", on: pathForMessages, result)
        return true
    }

    /// Gives the flock back at once; nothing happens if it was not held.
    ///
    /// Closing gives it back later where a child is just being started, which holds a copy of the descriptor until its
    /// exec (flock(2): the lock goes with the last copy), and whoever tries the lock next finds it taken.
    package func unlock() throws(SystemError) {
        try SystemError.check("flock", on: pathForMessages, clinux_unlock(number))
    }

    /// Reads a range that must be there in full; throws EIO if the file ends before.
    package func preadExactly(offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        let bytes = try pread(offset: offset, upTo: count)
        guard bytes.count == count else {
            throw SystemError(
                call: "pread", errno: .inputOutput, object: "\(pathForMessages), which ends too early")
        }
        return bytes
    }

    /// Reads a range; fewer bytes only if the file ends there.
    package func pread(offset: Int64, upTo count: Int) throws(SystemError) -> [UInt8] {
        var result: Int64 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            guard let base = buffer.baseAddress else { return }
            result = unsafe clinux_pread_full(number, base, count, offset)
            used = Int(max(result, 0))
        }
        try SystemError.check("pread", on: pathForMessages, result)
        return bytes
    }

    /// Writes all bytes at an offset.
    package func pwrite(_ bytes: [UInt8], offset: Int64) throws(SystemError) {
        let result = unsafe bytes.withUnsafeBytes { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe clinux_pwrite_full(number, base, buffer.count, offset)
        }
        try SystemError.check("pwrite", on: pathForMessages, result)
    }

    /// Asks for extents of this size on allocation and on copy-on-write (XFS); call before the first byte.
    ///
    /// Returns false where the file system knows no such hints.
    package func setExtentSizeHints(bytes: UInt32) throws(SystemError) -> Bool {
        try supported("FS_IOC_FSSETXATTR", clinux_set_extent_hints(number, bytes))
    }

    /// Turns copy-on-write off for this file (btrfs); call before the first byte.
    ///
    /// Returns false where the file system knows no such flag.
    package func setNoCopyOnWrite() throws(SystemError) -> Bool {
        try supported("FS_IOC_SETFLAGS", clinux_set_no_copy_on_write(number))
    }

    /// Makes this file share all blocks of another one on the same file system (FICLONE); atomic for a reader.
    package func clone(from source: borrowing OwnedDescriptor) throws(SystemError) {
        try SystemError.check("FICLONE", on: pathForMessages, clinux_clone(number, source.number))
    }

    /// Lets go of what the page cache holds of the file and has written already.
    package func dropCache() throws(SystemError) {
        try SystemError.check("posix_fadvise", on: pathForMessages, clinux_drop_cache(number))
    }

    /// Gives the blocks of a range back; false where the file system cannot.
    package func punchHole(offset: Int64, bytes: Int64) throws(SystemError) -> Bool {
        try supported("fallocate punch hole", clinux_punch_hole(number, offset, bytes))
    }

    /// Copies a range to the same place of another file inside the kernel; returns what was copied, 0 at the end.
    package func copyRange(offset: Int64, bytes: Int64, to destination: borrowing OwnedDescriptor)
        throws(SystemError) -> Int64
    {
        try SystemError.check(
            "copy_file_range", on: pathForMessages,
            clinux_copy_range(number, offset, destination.number, offset, bytes))
    }

    /// The next range of data at or behind an offset, or nil if only a hole is left.
    package func nextData(from offset: Int64) throws(SystemError) -> Range<Int64>? {
        let start = clinux_seek_data(number, offset)
        if start == -Int64(Errno.noAddress.rawValue) { return nil }
        try SystemError.check("lseek", on: pathForMessages, start)
        return start..<(try SystemError.check("lseek", on: pathForMessages, clinux_seek_hole(number, start)))
    }

    /// Writes everything that the file system of this folder holds in memory.
    package func syncFilesystem() throws(SystemError) {
        try SystemError.check("syncfs", on: pathForMessages, clinux_sync_filesystem(number))
    }

    /// Stops writers of the file system this folder is on (FIFREEZE) until `thawFilesystem`.
    ///
    /// Throws EBUSY if it is frozen already.
    package func freezeFilesystem() throws(SystemError) {
        try SystemError.check("FIFREEZE", on: pathForMessages, clinux_freeze(number))
    }

    /// Lets writers go on; throws EINVAL if the file system is not frozen.
    package func thawFilesystem() throws(SystemError) {
        try SystemError.check("FITHAW", on: pathForMessages, clinux_thaw(number))
    }

    /// Passes a result on as true, and an answer that means "this file system cannot" as false.
    private func supported(_ call: String, _ result: Int32) throws(SystemError) -> Bool {
        for missing in Errno.notOffered where result == -missing.rawValue { return false }
        try SystemError.check(call, on: pathForMessages, result)
        return true
    }
}

extension Errno {
    /// What file systems answer to an ioctl or a mode they do not have.
    static let notOffered = [
        Errno.notSupported, .invalid, Errno(rawValue: clinux_error_not_tty),
        Errno(rawValue: clinux_error_no_call),
    ]

    /// What ioctl_ficlone(2) answers where two files cannot share blocks, whatever their file system offers.
    package static let cannotClone =
        notOffered + [
            Errno(rawValue: clinux_error_cross_device), Errno(rawValue: clinux_error_text_busy),
        ]
}
