internal import CLinux

extension Directory {
    /// How often a writer that is robbed of its file by a sweep begins anew; each sweep takes a name once.
    private static let attempts = 8

    /// Replaces a file, or makes it, in one step: readers see the old or the new content, also after a crash.
    ///
    /// Without `sync` only other processes see it whole; a crash of the machine may lose or empty it. A kill on the way
    /// leaves a file with the temporary prefix, for `sweepTemporaries`.
    package func replace(_ name: String, with bytes: [UInt8], mode: UInt32, sync: Bool) throws(SystemError) {
        try checkName(name)
        try withTemporary(bytes, mode: mode, sync: sync) { (temporary) throws(SystemError) in
            try SystemError.check(
                "rename", on: path(name), unsafe clinux_rename(number, temporary, number, name, true))
        }
        if sync { try self.sync() }
    }

    /// Writes a new file, whole from the first look on; EEXIST if the name is taken.
    package func publish(_ name: String, _ bytes: [UInt8], mode: UInt32) throws(SystemError) {
        try checkName(name)
        try withTemporary(bytes, mode: mode, sync: true) { (temporary) throws(SystemError) in
            // link(2) replaces nothing, also where rename(2) cannot be told not to.
            let result = unsafe clinux_link(number, temporary, name)
            if result != -Errno.noEntry.rawValue { _ = unsafe clinux_remove_file(number, temporary) }
            try SystemError.check("link", on: path(name), result)
        }
        try sync()
    }

    /// Removes the half-written files of `replace` and `publish` whose writers are gone; returns their names.
    ///
    /// A writer holds the flock of its file, so one without a lock has none, on whichever machine. One that was just made
    /// and is not locked yet is taken from its writer, who begins anew. One that cannot be removed hinders no other.
    @discardableResult
    package func sweepTemporaries() throws(SystemError) -> [String] {
        var swept: [String] = []
        var failure: SystemError?
        for entry in try entries() where Self.isTemporary(entry) {
            do throws(SystemError) {
                if try sweepTemporary(entry) { swept.append(entry) }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return swept
    }

    /// Whether a name is one that `replace` and `publish` write under.
    package static func isTemporary(_ entry: String) -> Bool {
        let rest = entry.utf8.dropFirst(temporaryPrefix.utf8.count)
        return entry.hasPrefix(temporaryPrefix) && rest.count == 16
            && rest.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private func sweepTemporary(_ entry: String) throws(SystemError) -> Bool {
        do throws(SystemError) {
            guard try status(entry)?.kind == .regular else { return false }
            let file = try openFile(entry, .readWrite)
            guard try file.tryLock(.exclusive), try status(entry)?.identity == file.status().identity else {
                return false
            }
            try removeFile(entry)
            try file.unlock()
            return true
        } catch  where error.errno == .noEntry || error.errno == .stale {
            return false
        }
    }

    /// Writes a file under a name of its own, and has it put in its place while its lock is held.
    private func withTemporary(
        _ bytes: [UInt8], mode: UInt32, sync: Bool, _ place: (String) throws(SystemError) -> Void
    ) throws(SystemError) {
        for attempt in 1...Self.attempts {
            let temporary = Self.temporaryPrefix + RandomBytes.hex(byteCount: 8)
            let file = try createFile(temporary, mode: mode)
            do throws(SystemError) {
                // A sweep that met the file before its lock has it now.
                guard try file.tryLock(.exclusive) else { continue }
                try file.pwrite(bytes, offset: 0)
                if sync { try file.sync() }
                try place(temporary)
                // Not by closing: a child that is just being started holds a copy of the descriptor.
                try file.unlock()
                return try file.close()
            } catch {
                // The first failure is the one to report; the leftover has the temporary prefix.
                _ = unsafe clinux_remove_file(number, temporary)
                guard error.errno == .noEntry, attempt < Self.attempts else { throw error }
            }
        }
        throw SystemError(call: "flock", errno: .busy, object: path(Self.temporaryPrefix))
    }
}
