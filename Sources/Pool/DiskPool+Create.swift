import LinuxHost
package import Volumes

extension DiskPool {
    package func create(_ record: VolumeRecord, from origin: ImageOrigin) throws(VolumeFault) {
        let bytes = try RecordFile.json(RecordFile(record))
        try publish(record.id.name, in: PoolLayout.volumes, PoolLayout.record, bytes) {
            (image, imagePath) throws(VolumeFault) in
            switch origin {
            case .fresh: try makeFresh(image, imagePath, record)
            case .copy(let source, let quieting):
                try copy(of: source, into: image, quieting)
                try size(image, record)
                try CopyIdentity.renew(imagePath, record.kind, on: record.id.name)
            }
        }
    }

    /// Builds a folder with an image and a record out of sight, and publishes it in one step, durably.
    ///
    /// The record is asked for when the image is filled.
    func publish(
        _ name: VolumeName, in folder: String, _ recordFile: String,
        _ record: @autoclosure () throws(VolumeFault) -> [UInt8],
        _ fill: (borrowing OwnedDescriptor, _ imagePath: String) throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        try publish(name, in: folder) { (folder, path) throws(VolumeFault) in
            let image = try makeImage(in: folder, of: name)
            try fill(image, "\(path)/\(PoolLayout.image)")
            let bytes = try record()
            try VolumeFault.onHostAllocating("create image of \(name)") { () throws(SystemError) in
                try image.sync()
                try folder.write(recordFile, bytes, mode: 0o600)
            }
        }
    }

    /// Fills a folder out of sight, and publishes it in one step, durably.
    ///
    /// Files must be synced by `fill`, and folders that it makes inside of the one that it is given.
    func publish(
        _ name: VolumeName, in folder: String,
        _ fill: (borrowing Directory, _ path: String) throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        let staging = try made(PoolLayout.staging)
        let building = "\(name).\(RandomBytes.hex(byteCount: 4))"
        try claiming(building, in: staging) { () throws(VolumeFault) in
            try publish(name, in: folder, as: building, staging, fill)
        }
    }

    private func publish(
        _ name: VolumeName, in folder: String, as building: String, _ staging: borrowing Directory,
        _ fill: (borrowing Directory, _ path: String) throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        do {
            let built = try build(name, as: building, in: staging, fill)
            let published = try made(folder)
            try show(building, of: staging, in: published, as: name)
            try confirm(name, in: published, orBackTo: staging, as: building)
            try VolumeFault.onHost("publish \(name)") { () throws(SystemError) in try built.unlock() }
        } catch {
            throw discarding(building, of: staging, after: error)
        }
    }

    private func show(
        _ building: String, of staging: borrowing Directory, in published: borrowing Directory,
        as name: VolumeName
    ) throws(VolumeFault) {
        do throws(SystemError) {
            try staging.moveFolder(building, to: published, as: name.text)
        } catch {
            guard error.errno == .exists else { throw .whileAllocating("publish \(name)", error) }
            throw .existsDifferently(
                what: name.text, why: "another driver of the pool published it at the same time")
        }
    }

    /// Makes a private folder with all that belongs in it; all of it is on disk at the end.
    ///
    /// The folder comes back locked, so that no starting driver takes it for a leftover before it is published.
    private func build(
        _ name: VolumeName, as building: String, in staging: borrowing Directory,
        _ fill: (borrowing Directory, _ path: String) throws(VolumeFault) -> Void
    ) throws(VolumeFault) -> Directory {
        let step = "create image of \(name)"
        let folder = try VolumeFault.onHostAllocating(step) { () throws(SystemError) in
            try staging.create(building, mode: 0o700)
        }
        let isLocked = try VolumeFault.onHost(step) { () throws(SystemError) in
            try folder.tryLock(.exclusive)
        }
        guard isLocked else {
            throw .host(
                step: step, cause: "a driver that was starting on the same pool swept \(building) away")
        }
        try fill(folder, "\(path)/\(PoolLayout.staging)/\(building)")
        try VolumeFault.onHostAllocating(step) { () throws(SystemError) in try folder.sync() }
        return folder
    }

    /// Makes an empty image that is written as well as the file system can.
    func makeImage(
        in folder: borrowing Directory, of name: VolumeName
    ) throws(VolumeFault) -> OwnedDescriptor {
        try VolumeFault.onHostAllocating("create image of \(name)") { () throws(SystemError) in
            let image = try folder.createFile(PoolLayout.image, mode: 0o600)
            try hint(image)
            return image
        }
    }

    /// Makes the publication durable, or takes it back, so that it is discarded as if nobody had ever seen it.
    private func confirm(
        _ name: VolumeName, in published: borrowing Directory, orBackTo staging: borrowing Directory,
        as building: String
    ) throws(VolumeFault) {
        do {
            try published.sync()
        } catch {
            let fault = VolumeFault.host(step: "publish \(name)", cause: "\(error)")
            do {
                try published.moveFolder(name.text, to: staging, as: building)
            } catch {
                throw fault.alsoFailed(
                    undoing: "publish", .host(step: "withdraw \(name)", cause: "\(error)"))
            }
            throw fault
        }
    }

    private func makeFresh(
        _ image: borrowing OwnedDescriptor, _ imagePath: String, _ record: VolumeRecord
    ) throws(VolumeFault) {
        try VolumeFault.onHostAllocating("create image of volume \(record.id.name)") {
            () throws(SystemError) in
            switch record.provisioning {
            case .thick: try image.allocate(bytes: record.size.bytes)
            case .thin: try image.truncate(to: record.size.bytes)
            }
        }
        guard case .filesystem(let kind) = record.kind else { return }
        try mkfs.format(imagePath, kind, for: record)
        // mkfs may have punched holes where it wanted zeros.
        try size(image, record)
    }

    /// Gives an image that holds data already its size, and for a thick one the blocks that it lacks.
    private func size(_ image: borrowing OwnedDescriptor, _ record: VolumeRecord) throws(VolumeFault) {
        try VolumeFault.onHostAllocating("size image of volume \(record.id.name)") { () throws(SystemError) in
            if try image.status().sizeBytes != record.size.bytes { try image.truncate(to: record.size.bytes) }
            if record.provisioning == .thick { try image.fillHoles(upTo: record.size.bytes) }
        }
    }

    /// Tells the file system how the image will be written, before its first byte.
    private func hint(_ image: borrowing OwnedDescriptor) throws(SystemError) {
        if features.isXFS {
            // The time of a later reflink grows with the number of extents, so keep them at 1 MiB or more.
            _ = try image.setExtentSizeHints(bytes: 1 << 20)
        }
        if features.isBtrfs {
            // Copy-on-write would need new blocks for each overwrite, so nothing would be reserved; and checksums of
            // direct I/O break when a guest changes a page that is being written.
            _ = try image.setNoCopyOnWrite()
        }
    }

    private func discarding(
        _ building: String, of staging: borrowing Directory, after fault: VolumeFault
    ) -> VolumeFault {
        do {
            try staging.removeTree(building)
            return fault
        } catch {
            // A folder that was never made is what a failure at the first step leaves.
            guard error.errno != .noEntry else { return fault }
            return fault.alsoFailed(
                undoing: "create volume", .host(step: "remove \(building)", cause: "\(error)"))
        }
    }

    @discardableResult
    package func grow(_ record: VolumeRecord, to size: ByteCount) throws(VolumeFault) -> VolumeRecord {
        guard pool.isShared else {
            defer { noteGrowth(of: record.id.name) }
            return try growAlone(record, to: size)
        }
        let staging = try made(PoolLayout.staging)
        return try claiming(growth(of: record.id.name), in: staging) { () throws(VolumeFault) in
            // Another node may have grown it since the record was read.
            guard let current = try self.record(of: record.id.name) else {
                throw .missing("volume \(record.id)")
            }
            let grown = try growAlone(current, to: max(size, current.size))
            try tellOfGrowth()
            return grown
        }
    }

    private func growAlone(_ record: VolumeRecord, to size: ByteCount) throws(VolumeFault) -> VolumeRecord {
        let name = record.id.name
        let step = "grow volume \(name)"
        guard let folder = try folder(of: name) else { throw .missing("volume \(record.id)") }
        let image = try folder.openImage(.readWrite, of: "volume \(record.id)", step)
        // Not the record's: a growth that was cut off may have left the image longer, and in use at that length.
        let old = try VolumeFault.onHost(step) { () throws(SystemError) in try image.status().sizeBytes }
        if old < size.bytes {
            do {
                try VolumeFault.onHostAllocating(step) { () throws(SystemError) in
                    switch record.provisioning {
                    case .thick: try image.allocate(from: old, bytes: size.bytes - old)
                    case .thin: try image.truncate(to: size.bytes)
                    }
                    try image.sync()
                }
            } catch {
                // fallocate(2) may have got half-way; nobody has seen the blocks beyond the old end.
                throw cutting(image, to: old, after: error, step)
            }
        }
        // One that was long enough may be so by a growth that was cut off before it was durable.
        if old >= size.bytes {
            try VolumeFault.onHost(step) { () throws(SystemError) in try image.sync() }
        }
        var grown = record
        grown.size = ByteCount(known: max(old, size.bytes))
        try write(grown)
        return grown
    }

    private func cutting(
        _ image: borrowing OwnedDescriptor, to bytes: Int64, after fault: VolumeFault, _ step: String
    ) -> VolumeFault {
        do {
            try image.truncate(to: bytes)
            return fault
        } catch {
            return fault.alsoFailed(undoing: step, .host(step: "cut the image", cause: "\(error)"))
        }
    }

    /// Replaces the record of a volume, durably.
    func write(_ record: VolumeRecord) throws(VolumeFault) {
        guard let folder = try folder(of: record.id.name) else { throw .missing("volume \(record.id)") }
        let bytes = try RecordFile.json(RecordFile(record))
        try VolumeFault.onHostAllocating("write record of volume \(record.id)") { () throws(SystemError) in
            try folder.replace(PoolLayout.record, with: bytes, mode: 0o600, sync: true)
        }
    }
}
