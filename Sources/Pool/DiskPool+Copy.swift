import LinuxHost
import Volumes

extension DiskPool {
    /// What a plain copy inside the kernel moves in a second, at least, on disks that people use for volumes; decides
    /// only whether freezing a mounted source is tried at all.
    static let copiedBytesPerSecond = 200.0 * 1024 * 1024

    /// Fills an empty image with the image of another object of this pool.
    ///
    /// Where the file system can share blocks this takes the time of one call; else data is copied and holes stay holes.
    func copy(
        of source: ContentSource, into image: borrowing OwnedDescriptor, _ quieting: Quieting
    ) throws(VolumeFault) {
        let step = "copy \(source)"
        let original = try VolumeFault.onHost(step) { () throws(SystemError) in try openImage(of: source) }
        if features.canReflink {
            return try quieting(nil) { () throws(VolumeFault) in
                // ioctl_ficlone(2): the copy of one file is atomic, and its dirty pages are written first.
                try VolumeFault.onHostAllocating(step) { () throws(SystemError) in
                    try image.clone(from: original)
                }
            }
        }
        let data = try VolumeFault.onHost(step) { () throws(SystemError) in try original.dataBytes() }
        try quieting(Double(data) / Self.copiedBytesPerSecond) { () throws(VolumeFault) in
            try VolumeFault.onHostAllocating(step) { () throws(SystemError) in
                try original.copyData(to: image)
            }
        }
    }

    func openImage(of source: ContentSource) throws(SystemError) -> OwnedDescriptor {
        let root = try Directory.open(path)
        let folder: Directory =
            switch source {
            case .volume(let id): try root.open(PoolLayout.volumes).open(id.name.text)
            case .snapshot(let id): try root.openSnapshot(id.name)
            }
        return try folder.openFile(PoolLayout.image, .readOnly)
    }
}

extension OwnedDescriptor {
    /// How many bytes of the file are data, not holes.
    borrowing func dataBytes() throws(SystemError) -> Int64 {
        var total: Int64 = 0
        var offset: Int64 = 0
        while let range = try nextData(from: offset) {
            total += range.upperBound - range.lowerBound
            offset = range.upperBound
        }
        return total
    }

    /// Copies the data to the same places of an empty file, which gets the same size.
    borrowing func copyData(to copy: borrowing OwnedDescriptor) throws(SystemError) {
        try copy.truncate(to: try status().sizeBytes)
        var offset: Int64 = 0
        while let range = try nextData(from: offset) {
            offset = range.lowerBound
            while offset < range.upperBound {
                let moved = try copyRange(offset: offset, bytes: range.upperBound - offset, to: copy)
                // The file was made shorter meanwhile; what is missing is a hole in the copy.
                guard moved > 0 else { return }
                offset += moved
            }
        }
    }
}
