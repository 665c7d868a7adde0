import LinuxHost
package import Volumes

extension DiskPool {
    package func remove(_ name: VolumeName) throws(VolumeFault) {
        // What is torn is nobody's to delete.
        guard try record(of: name) != nil, let folder = try folder(of: name) else {
            return try settle(.volume(name))
        }
        let volumes = try opened(PoolLayout.volumes)
        let step = "delete volume \(name)"
        let held = try VolumeFault.onHost(step) { () throws(SystemError) in try folder.lockImage() }
        guard held.isFree else {
            throw .notNow(
                "volume \(name) is in use: its image is attached to a loop device; it must be unstaged first")
        }
        if pool.isShared { try expect(folder, as: name, in: volumes) }
        try discard(name, from: volumes)
        // Held up to here, so nobody attaches the image on its way out.
        do {
            try held.release()
        } catch {
            throw .host(step: step, cause: "\(error)")
        }
    }

    /// Verifies that the folder whose image is locked still has its name.
    ///
    /// The driver of another node may have deleted that volume and made one of the same name, whose image nobody locked.
    private func expect(
        _ folder: borrowing Directory, as name: VolumeName, in volumes: borrowing Directory
    ) throws(VolumeFault) {
        let isTheSame = try VolumeFault.onHost("look for volume \(name)") { () throws(SystemError) in
            guard let now = try volumes.status(name.text) else { return true }
            let locked = try folder.status()
            return now.identity == locked.identity
        }
        guard isTheSame else { throw .operationPending("volume \(name), by the driver of another node") }
    }

    /// Makes a published folder disappear in one durable step; its blocks come back later.
    func discard(_ name: VolumeName, from published: borrowing Directory) throws(VolumeFault) {
        let trash = try made(PoolLayout.trash)
        // Also where a step fails: what is in the trash goes, and the repeat of the call finds nothing. Not before the
        // sync, which would have to wait for the blocks that are given back.
        defer { self.trash.wake() }
        try VolumeFault.onHost("delete \(name)") { () throws(SystemError) in
            do throws(SystemError) {
                try published.moveFolder(
                    name.text, to: trash, as: "\(name).\(RandomBytes.hex(byteCount: 4))")
            } catch  where error.errno == .noEntry {
                // The driver of another node has just done the same.
            }
            try published.sync()
        }
    }
}

/// The image of a volume, locked if nothing uses it.
struct HeldImage: ~Copyable {
    /// False where a loop device or another process holds the image.
    let isFree: Bool
    private let image: OwnedDescriptor?

    init(isFree: Bool, image: consuming OwnedDescriptor?) {
        self.isFree = isFree
        self.image = image
    }

    /// Gives the lock up.
    consuming func release() throws(SystemError) { try image?.unlock() }
}

extension Directory {
    /// Takes the exclusive lock of the image in this folder if nobody uses it; a folder without an image is free.
    borrowing func lockImage() throws(SystemError) -> HeldImage {
        guard let status = try status(PoolLayout.image) else { return HeldImage(isFree: true, image: nil) }
        let image = try openFile(PoolLayout.image, .readWrite)
        let isLocked = try image.lockImage(.exclusive)
        // A loop device that somebody made by hand holds no lock.
        let devices = try LoopDevices.backed(by: status.identity, named: PoolLayout.image)
        if isLocked, !devices.isEmpty { try image.unlock() }
        return HeldImage(isFree: isLocked && devices.isEmpty, image: image)
    }
}
