import LinuxHost
package import Log
package import Volumes

/// A file system inside one file of the host, attached and mounted, as the place of a pool.
///
/// For hosts whose own file system cannot reflink; see ARCHITECTURE.md, "A pool inside one file". Nothing is kept here
/// that file, device and mount do not say themselves.
package struct PoolImage: Sendable {
    /// What the file system can be; both reflink.
    package enum Filesystem: String, CaseIterable, Sendable {
        /// The usual one.
        case xfs
        /// Checksums of metadata, and copies of it.
        case btrfs
    }

    /// Where the blocks of the file come from.
    package enum Allocation: String, CaseIterable, Sendable {
        /// Reserved at creation and kept, so that what the pool promises is there.
        case full
        /// Taken from the host as they are written, given back when the pool frees them.
        case sparse
    }

    /// What an operator asks for.
    package struct Options: Equatable, Sendable {
        /// The least size that is accepted.
        package static let leastSize = ByteCount.gibibytes(1)

        /// How large it is to be; it is never made smaller than it is.
        package let size: ByteCount
        /// Where its blocks come from.
        package let allocation: Allocation
        /// Which file system it must be; XFS for a new one that does not say.
        package let filesystem: Filesystem?

        /// Puts the wishes together; the size is a multiple of 1 MiB.
        package init(size: ByteCount, allocation: Allocation = .full, filesystem: Filesystem? = nil) {
            self.size = size
            self.allocation = allocation
            self.filesystem = filesystem
        }
    }

    /// The folder on the host that holds the file, without links.
    package let folder: String
    let options: Options
    let pool: PoolName
    let log: Logger

    /// The file.
    var path: String { "\(folder)/\(Layout.image)" }

    /// Where the pool is.
    package var mountPoint: String { Self.mountPoint(in: folder) }

    /// Where the pool of an outer folder is.
    package static func mountPoint(in folder: String) -> String { "\(folder)/\(Layout.mountPoint)" }

    /// How long another driver that is at the same work is waited for.
    private static let patienceNanoseconds: Int64 = 5_000_000_000

    /// Creates, grows, attaches and mounts the file system, as far as that is not done already.
    ///
    /// - Throws: `PoolError` for strangers in the folder, a host without room, a file system that does not mount. What
    ///   is there already is never formatted, repaired, made smaller or taken down.
    package static func open(
        _ path: String, _ options: Options, name: PoolName, beginning: PoolBeginning? = nil,
        watcher: PoolWatcher = PoolWatcher(), log: Logger
    ) throws(PoolError) -> PoolImage {
        do {
            watcher.onStep("open \(path)")
            try DiskPool.makeFolder(path, beginning)
            let root = try Directory.open(path)
            watcher.onStep("lock \(path)")
            try lock(root)
            let image = PoolImage(folder: root.pathForMessages, options: options, pool: name, log: log)
            watcher.onStep("look at \(Layout.image), or make it")
            let filesystem = try image.ensureFile(in: root, beginning)
            watcher.onStep("attach \(Layout.image)")
            let device = try image.ensureAttached(in: root)
            watcher.onStep("mount \(device)")
            try image.ensureMounted(device, filesystem, in: root)
            watcher.onStep("grow the file system on \(device)")
            image.ensureGrown(device, filesystem)
            try image.warnOfSparseness(in: root)
            return image
        } catch let error as PoolError {
            throw error
        } catch {
            throw PoolError(description: "pool \(name) in a file at \(path): \(error)")
        }
    }

    /// Lets drivers that start at once on the same folder take turns; the lock ends with the descriptor.
    private static func lock(_ root: borrowing Directory) throws {
        let deadline = Clock.monotonicNanoseconds + patienceNanoseconds
        while try !root.tryLock(.exclusive) {
            guard Clock.monotonicNanoseconds < deadline else {
                throw SystemError(
                    call: "flock", errno: .busy,
                    object: "\(root.pathForMessages), at which another driver works")
            }
            Clock.sleep(nanoseconds: 20_000_000)
        }
    }

    /// What of the free space of the file system can really be written: a sparse file needs the host's blocks for it.
    func free(of space: FilesystemSpace) throws(SystemError) -> Int64 {
        guard options.allocation == .sparse else { return space.availableBytes }
        let root = try Directory.open(folder)
        guard let file = try root.status(Layout.image) else { return space.availableBytes }
        // Blocks that the file has and its file system does not use at present.
        let idle = max(0, file.allocatedBytes - (space.totalBytes - space.freeBytes))
        return min(space.availableBytes, try root.space().availableBytes + idle)
    }

    private func warnOfSparseness(in root: borrowing Directory) throws {
        guard options.allocation == .sparse, let file = try root.status(Layout.image) else { return }
        let missing = file.sizeBytes - file.allocatedBytes
        let free = try root.space().availableBytes
        guard missing > free else { return }
        log.warning(
            "the host cannot hold the pool's sparse image in full; writes fail when it runs full",
            (.pool, pool.text), (.path, "\(folder)/\(Layout.image)"),
            (.reason, "it may grow by \(missing >> 20) MiB, and the host has \(free >> 20) MiB free"))
    }

    /// An error about this pool, in a sentence that names it.
    func trouble(_ text: String) -> PoolError {
        PoolError(description: "pool \(pool) in a file at \(folder): \(text)")
    }

    /// Names in the outer folder.
    enum Layout {
        static let image = "pool.image"
        static let record = "pool.image.json"
        static let mountPoint = "pool"
    }
}
