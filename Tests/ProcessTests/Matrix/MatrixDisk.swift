import LinuxHost
import TestSupport

/// The file system of one pool, on a loop device over a file, that can be taken away and brought back.
final class MatrixDisk: Sendable {
    let filesystem: TestPool.Filesystem
    /// Where it is mounted.
    let path: String
    private let image: String

    /// Makes and mounts it; the file lies in one folder, the mount point in another.
    init(_ filesystem: TestPool.Filesystem, image: String, mountPoint: String, bytes: Int64) throws {
        self.filesystem = filesystem
        self.image = image
        path = mountPoint
        try Host.run("truncate", "--size", "\(bytes)", image)
        let words: [String] =
            switch filesystem {
            case .xfs: ["-q", "-s", "size=4096"]
            case .btrfs: ["-q"]
            case .ext4:
                ["-q", "-b", "4096", "-e", "remount-ro", "-E", "lazy_itable_init=0,lazy_journal_init=0"]
            }
        if filesystem == .btrfs {
            try Self.makeAlone(words + [image])
        } else {
            try TestTool.run("mkfs.\(filesystem)", words + [image])
        }
        try Host.makeFolder(path)
        try attachAndMount()
    }

    /// Runs mkfs.btrfs, which looks at the device of every mount and fails for a dead one of another row, with none in view.
    ///
    /// Its mount namespace lets go of the mounts first, as it would keep their devices in use.
    private static func makeAlone(_ arguments: [String]) throws {
        let alone = """
            grep -o ' /tmp/loopcsi-[^ ]*' /proc/self/mountinfo | xargs -r umount --lazy || true
            mount --bind /dev/null /proc/$$/mounts && exec mkfs.btrfs "$@"
            """
        try TestTool.run("unshare", ["--mount", "sh", "-c", alone, "sh"] + arguments)
    }

    /// The node of the device that carries it.
    func device() throws -> String {
        guard let device = try LoopFiles.attached().first(where: { $0.file == image }) else {
            throw RigTrouble("\(image) has no loop device")
        }
        return device.path
    }

    func attachAndMount() throws {
        let file = try OwnedDescriptor.open(image, .readWrite)
        _ = try LoopDevices.attach(
            file, name: "pool of the matrix",
            options: .init(readOnly: false, directIO: false, blockSizeBytes: 4096, allowDiscard: true))
        try mount()
    }

    func mount() throws { try Host.run("mount", "-t", filesystem.rawValue, try device(), path) }

    /// Shuts the file system down, as one does that lost its disk.
    func shutDown() throws { try Host.run("xfs_io", "-x", "-c", "shutdown", path) }

    /// Makes ext4 find an error, upon which it turns read-only.
    func turnReadOnly() throws {
        let name = try device().split(separator: "/").last.map(String.init) ?? ""
        try Host.run("sh", "-c", "echo planted > /sys/fs/ext4/\(name)/trigger_fs_error")
    }

    func freeze() throws { try Host.run("fsfreeze", "--freeze", path) }

    /// Lets a frozen one go on; one that is not frozen is no trouble.
    func thaw() throws { try Host.run("sh", "-c", "fsfreeze --unfreeze '\(path)' 2>/dev/null || true") }

    /// Takes all blocks that are left with a file of somebody else.
    func fill() throws {
        try Host.run(
            "sh", "-c",
            """
            for size in 64M 4M 256K 16K 4K; do
                number=0
                while fallocate --length $size '\(path)/ballast-'$size-$number 2>/dev/null; do
                    number=$((number + 1)); [ $number -lt 64 ] || break
                done
                rm -f '\(path)/ballast-'$size-$number
            done
            cat /dev/zero > '\(path)/ballast-rest' 2>/dev/null || true; sync -f '\(path)'
            cat /dev/zero >> '\(path)/ballast-rest' 2>/dev/null || true; sync -f '\(path)'
            """)
    }

    func empty() throws { try Host.run("sh", "-c", "rm -f '\(path)'/ballast-*; sync -f '\(path)'") }

    /// Takes every mount at its place away, and its device.
    func takeDown() throws {
        while try Host.mounts(at: path) > 0 {
            try waitUntil("\(path) can be unmounted") {
                do {
                    try Host.run("umount", path)
                    return true
                } catch is ToolError { return false }
            }
        }
        for device in try LoopFiles.attached() where device.file == image {
            try Host.run("losetup", "--detach", device.path)
        }
        try waitUntil("\(image) has no device") { try !LoopFiles.attached().contains { $0.file == image } }
    }
}
