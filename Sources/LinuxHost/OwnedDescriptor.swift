internal import CLinux

/// An open file, folder, place or device, closed at the end of its life.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The raw number, for `/proc/self/fd` paths; valid as long as this value lives.
    ///
    /// Bind the owner to a name first: of `open().number` the owner, and so the file, is gone before the number is used.
    package let number: Int32

    /// Takes ownership of an open descriptor.
    init(owning number: Int32) { self.number = number }

    /// Closes the descriptor and reports what the file system had kept to itself until then.
    ///
    /// The descriptor is gone also when this throws.
    package consuming func close() throws(SystemError) {
        let number = number
        let path = descriptorPath(number)
        discard self
        try SystemError.check("close", on: path, clinux_close(number))
    }

    deinit {
        // Nobody is left to tell; whoever cares for late write errors calls sync() or close().
        _ = clinux_close(number)
    }

    /// Where the descriptor points now, in words for messages (a deleted file ends in " (deleted)").
    package var pathForMessages: String { descriptorPath(number) }

    /// Opens an absolute trusted path for reading, or for reading and writing; follows links.
    package static func open(_ path: String, _ access: FileAccess) throws(SystemError) -> OwnedDescriptor {
        try checkText(path, call: "open")
        let number = unsafe clinux_open(-1, path, access.how, CLINUX_WALK_ANY, 0)
        return OwnedDescriptor(owning: try SystemError.check("open", on: path, number))
    }
}

/// What an opened file may be used for.
package enum FileAccess: Sendable {
    /// Reading only.
    case readOnly
    /// Reading and writing.
    case readWrite
    /// The same past the page cache (O_DIRECT), with an `AlignedBlock`.
    case readWriteDirect

    var how: clinux_open_how {
        switch self {
        case .readOnly: CLINUX_OPEN_READ
        case .readWrite: CLINUX_OPEN_READ_WRITE
        case .readWriteDirect: CLINUX_OPEN_READ_WRITE_DIRECT
        }
    }
}

/// What /proc says a descriptor points to; used in messages only.
func descriptorPath(_ number: Int32) -> String {
    let path = unsafe withTextBuffer { buffer, capacity in
        unsafe clinux_descriptor_path(number, buffer, capacity)
    }
    return path ?? "descriptor \(number)"
}

/// Text that C puts into a buffer of 4096 bytes and whose length it returns; nil for a negative length.
private func withTextBuffer(_ fill: (UnsafeMutablePointer<CChar>, Int) -> Int64) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer -> String? in
        guard let base = buffer.baseAddress else { return nil }
        let length = unsafe fill(base, buffer.count)
        guard length >= 0 else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: base, count: Int(length))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}

/// Refuses text that C would cut at a NUL.
func checkText(_ text: String, call: String) throws(SystemError) {
    guard !text.isEmpty, !text.utf8.contains(0) else {
        throw SystemError(call: call, errno: .invalid, object: "a path that is empty or has a NUL byte")
    }
}
