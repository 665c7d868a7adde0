import LinuxHost
import Log
import Synchronization
import Volumes

extension DiskPool {
    /// What a plain copy inside the kernel moves in a second, at least, on disks that people use for volumes; decides
    /// only whether freezing a mounted source is tried at all.
    static let copiedBytesPerSecond = 200.0 * 1024 * 1024

    /// Fills an empty image with the image of another object of this pool.
    ///
    /// Where the two files can share blocks this takes the time of one call; else data is copied and holes stay holes.
    func copy(
        of source: ContentSource, into image: borrowing OwnedDescriptor, _ quieting: Quieting
    ) throws(VolumeFault) {
        let step = "copy \(source)"
        let original = try openImage(of: source, step)
        if features.canReflink {
            var isShared = false
            try quieting(nil) { (_) throws(VolumeFault) in
                isShared = try share(original, with: image, step)
            }
            if isShared { return }
        }
        let bytes = try VolumeFault.onHost(step) { () throws(SystemError) in try original.dataBytes() }
        try quieting(Double(bytes) / Self.copiedBytesPerSecond) { (holds) throws(VolumeFault) in
            try copyData(of: original, to: image, step, bytes, holds)
        }
    }

    /// Copies so much data bit by bit, as long as the moment that is copied holds and the driver is not stopping.
    func copyData(
        of original: borrowing OwnedDescriptor, to image: borrowing OwnedDescriptor, _ step: String,
        _ bytes: Int64, _ holds: () -> Bool
    ) throws(VolumeFault) {
        var copy = ImageCopy(step, totalBytes: bytes, log: log)
        try copy.run(from: original, to: image) { () throws(VolumeFault) in
            guard !isStopping.withLock({ $0 }) else { throw .stopping(step) }
            // Nobody needs the rest of a copy that is of no single moment.
            guard holds() else { throw .notNow("\(step): the volume could not be held still any longer") }
        }
    }

    /// Shares the original's blocks in one atomic step; false where the kernel refuses that for these two files.
    ///
    /// The probe at start tells what new files of the pool can do. An image that was put there by hand may be of another
    /// sort: on btrfs one with checksums shares no blocks with one without.
    func share(
        _ original: borrowing OwnedDescriptor, with image: borrowing OwnedDescriptor, _ step: String
    ) throws(VolumeFault) -> Bool {
        do throws(SystemError) {
            // ioctl_ficlone(2): the copy of one file is atomic, and its dirty pages are written first.
            try image.clone(from: original)
            return true
        } catch  where Errno.cannotClone.contains(error.errno) {
            log.warning("blocks cannot be shared and are copied", (.step, step), (.error, "\(error)"))
            return false
        } catch {
            throw .whileAllocating(step, error)
        }
    }

    /// Opens the image of an object for reading.
    ///
    /// - Throws: `setAside` where there is none, `host`.
    func openImage(of source: ContentSource, _ step: String) throws(VolumeFault) -> OwnedDescriptor {
        let folder = try VolumeFault.onHost(step) { () throws(SystemError) -> Directory in
            let root = try Directory.open(path)
            switch source {
            case .volume(let id): return try root.open(PoolLayout.volumes).open(id.name.text)
            case .snapshot(let id): return try root.openSnapshot(id.name)
            }
        }
        return try folder.openImage(.readOnly, of: "\(source)", step)
    }

    /// Lets all copies bit by bit end with `stopping` at their next step, also those that are still to begin.
    package func giveUpCopies() { isStopping.withLock { $0 = true } }
}

extension OwnedDescriptor {
    /// How many bytes of the file are data, not holes.
    ///
    /// What the page cache holds is let go of first: a page of zeros that the read-ahead of an earlier copy left over
    /// reserved blocks counts as data (lseek(2), SEEK_DATA on unwritten extents), and the image is used past the cache.
    borrowing func dataBytes() throws(SystemError) -> Int64 {
        try dropCache()
        var total: Int64 = 0
        var offset: Int64 = 0
        while let range = try nextData(from: offset) {
            total += range.upperBound - range.lowerBound
            offset = range.upperBound
        }
        return total
    }
}

extension Directory {
    /// Opens the image in the folder of an object, which `what` names.
    ///
    /// - Throws: `setAside` where there is none, `host`.
    func openImage(
        _ access: FileAccess, of what: String, _ step: String
    ) throws(VolumeFault) -> OwnedDescriptor {
        guard try VolumeFault.onHost(step, { () throws(SystemError) in try status(PoolLayout.image) }) != nil
        else {
            throw .withoutImage(what)
        }
        return try VolumeFault.onHost(step) { () throws(SystemError) in
            try openFile(PoolLayout.image, access)
        }
    }
}
