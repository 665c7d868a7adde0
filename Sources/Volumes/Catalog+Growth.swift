extension Catalog {
    /// Verifies that the file system in an object's image can grow to that size, in place or in a copy, without harm.
    ///
    /// - Throws: `sizeNotServable` with the largest size that is possible and the way to a larger one, `host`.
    func verifyGrowth(
        of source: ContentSource, _ kind: VolumeKind, to size: ByteCount, on shelf: Shelf
    ) throws(VolumeFault) {
        guard case .filesystem = kind, let largest = try shelf.store.largestSize(of: source),
            size > largest
        else { return }
        throw .sizeNotServable(
            "the \(kind) in \(source) cannot grow to \(size.bytes) bytes; it was made so that it grows to "
                + "\(largest.bytes) bytes at most. Make a new volume of the size wanted and copy the files")
    }
}
