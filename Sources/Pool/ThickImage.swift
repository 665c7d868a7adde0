import LinuxHost

extension OwnedDescriptor {
    /// One step of `fillHoles`; the reserve of a pool is larger.
    private static let stepBytes: Int64 = 16 << 20

    /// Reserves again what a thick image lost; nothing happens where it occupies its size.
    ///
    /// In small steps, because XFS asks for free blocks for the whole range before it looks what is allocated there
    /// (Linux 6.18): a single call fails on each image that is larger than what the pool has left.
    borrowing func fillHoles(upTo bytes: Int64) throws(SystemError) {
        guard try status().allocatedBytes < bytes else { return }
        for offset in stride(from: 0, to: bytes, by: Int(Self.stepBytes)) {
            try allocate(from: offset, bytes: min(Self.stepBytes, bytes - offset))
        }
    }
}
