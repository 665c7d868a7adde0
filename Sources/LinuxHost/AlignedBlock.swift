internal import CLinux

/// A block of memory whose address is a multiple of 4096, as direct I/O wants it (open(2), O_DIRECT).
@safe package struct AlignedBlock: ~Copyable {
    private static let alignment = 4096
    private let memory: UnsafeMutableRawBufferPointer

    /// A block of so many bytes (a multiple of 4096), all of them `byte`.
    package init(bytes: Int, filledWith byte: UInt8) {
        precondition(bytes % Self.alignment == 0, "A block of \(bytes) bytes cannot be written directly.")
        unsafe memory = .allocate(byteCount: bytes, alignment: Self.alignment)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: byte)
    }

    deinit { unsafe memory.deallocate() }

    /// Writes the block at an offset, which has to be a multiple of 4096 for a file opened for direct I/O.
    package func write(to file: borrowing OwnedDescriptor, offset: Int64) throws(SystemError) {
        guard let base = unsafe memory.baseAddress else { return }
        let result = unsafe clinux_pwrite_full(file.number, base, memory.count, offset)
        try SystemError.check("pwrite", on: file.pathForMessages, result)
    }
}
