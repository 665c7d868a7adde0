package import LinuxHost

/// A file system in a sparse file, mounted in a temporary folder, as a place for pools of other tests.
package final class TestPool: Sendable {
    /// File systems that pools may be on.
    package enum Filesystem: String, CaseIterable, Sendable {
        /// Reflink.
        case xfs
        /// Reflink, with a device number of its own making.
        case btrfs
        /// Copies only.
        case ext4
    }

    /// Where the file system is mounted.
    package let path: String
    /// Which one it is.
    package let filesystem: Filesystem
    /// The device that carries it.
    package let device: LoopDevice
    private let folder: TemporaryFolder

    /// Makes, attaches and mounts it, which needs root.
    package init(_ filesystem: Filesystem, bytes: Int64 = 1 << 30) throws {
        self.filesystem = filesystem
        folder = try TemporaryFolder()
        let image = try folder.file("pool.img", bytes: bytes)
        let words: [String] =
            switch filesystem {
            case .xfs: ["-q", "-s", "size=4096"]
            case .btrfs: ["-q"]
            case .ext4: ["-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0"]
            }
        try TestTool.run("mkfs.\(filesystem)", words + ["\(folder.path)/pool.img"])
        device = try LoopDevices.attach(
            image, name: "test pool",
            options: .init(readOnly: false, directIO: false, blockSizeBytes: 4096, allowDiscard: true))
        path = "\(folder.path)/mnt"
        do {
            try Mounting.mountFilesystem(
                device: device, type: filesystem.rawValue, at: folder.mountPoint("mnt"),
                options: MountOptions(flags: []))
        } catch {
            try device.detach()
            throw error
        }
    }

    /// Opens the root of the file system.
    package func open() throws -> Directory { try Directory.open(path) }

    /// Detaches the device, which a mount namespace that another test has just made holds until it lets go of the mounts
    /// of others.
    private func detach() throws {
        let deadline = Clock.monotonicNanoseconds + 10_000_000_000
        while true {
            do throws(SystemError) {
                return try device.detach()
            } catch {
                guard error.errno == .busy, Clock.monotonicNanoseconds < deadline else { throw error }
                Clock.sleep(nanoseconds: 10_000_000)
            }
        }
    }

    deinit {
        do {
            // What a failed test left on top of the pool goes first, or the pool could not go.
            try KernelLeaks.clear(below: path)
            try folder.unmountAll()
            try detach()
        } catch {
            print("the test pool at \(path) on \(device) could not be removed: \(error)")
        }
    }
}

/// Programs that tests need and that must succeed.
package enum TestTool {
    /// Runs a program; throws unless it ends with status 0.
    @discardableResult
    package static func run(_ name: String, _ arguments: [String], deadlineSeconds: Double = 60) throws
        -> ToolResult
    {
        guard let tool = Tool.find(name) else {
            throw ToolError(program: name, reason: .notFound, lastLines: "")
        }
        return try tool.run(arguments, expecting: [0], deadlineSeconds: deadlineSeconds)
    }
}
