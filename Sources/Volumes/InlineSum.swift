/// The sizes of a pool's inline volumes, of those that are being made too: any pod's author may have some, and no quota
/// counts them, so their sum is bounded.
struct InlineSum: Sendable {
    private var sizes: [VolumeName: ByteCount] = [:]
    /// All together.
    private(set) var total = ByteCount.zero

    /// Whether one more of that size may be made.
    ///
    /// - Throws: `noSpace` with both numbers and the remedy.
    func admit(_ size: ByteCount, within limit: ByteCount, of pool: PoolName) throws(VolumeFault) {
        guard total + size > limit else { return }
        throw .noSpace(
            "the inline volumes of pool \(pool) have \(total.bytes) bytes, and with \(size.bytes) more they would be "
                + "above the \(limit.bytes) that --inline-share allows; end pods that have some, or raise it")
    }

    /// Enters one that is being made, or is there.
    mutating func enter(_ name: VolumeName, _ size: ByteCount) {
        leave(name)
        sizes[name] = size
        total = total + size
    }

    /// Takes one out; any other name is no error.
    mutating func leave(_ name: VolumeName) {
        guard let size = sizes.removeValue(forKey: name) else { return }
        total = total.minus(size)
    }
}
