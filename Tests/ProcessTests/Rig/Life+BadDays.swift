import CSIWire
import LinuxHost
import TestSupport
import Testing

extension Life {
    /// The file that `fill` makes.
    var data: String { "\(target)/data" }

    /// Writes so much random data into a file of the published volume, or over its image where it is not attached.
    func fill(mebibytes: Int, path: String? = nil) throws {
        let words = [
            "if=/dev/urandom", "of=\(path ?? data)", "bs=1M", "count=\(mebibytes)", "conv=notrunc,fsync",
            "status=none",
        ]
        try TestTool.run("dd", words)
    }

    /// A digest of what `fill` made.
    func digest() throws -> String { try Host.run("md5sum", data) }

    /// Overwrites a block of what `fill` made, which ends at once unless the file system is frozen.
    func overwrite() throws {
        let words = ["if=/dev/zero", "of=\(data)", "bs=4096", "count=1", "conv=notrunc,fsync", "status=none"]
        try TestTool.run("dd", words, deadlineSeconds: 5)
    }

    /// Has the tool of the file system check the image, which nothing may be writing to.
    func checkFilesystem(_ image: String? = nil) throws {
        let image = image ?? self.image
        switch kind {
        case .ext4: try TestTool.run("e2fsck", ["-f", "-n", image])
        case .xfs: try TestTool.run("xfs_repair", ["-n", image])
        case .btrfs: try TestTool.run("btrfs", ["check", image])
        case .block: break
        }
    }

    /// What identifies the file system in the image.
    func uuid() throws -> String { try Host.run("blkid", "-p", "-s", "UUID", "-o", "value", image) }
}

extension Rig {
    /// Waits until something is being copied into the pool's staging folder.
    func waitForCopying() throws {
        try waitUntil("a copy is being made") {
            try Host.names(in: "\(pool)/staging").contains { entry in
                try (FileStatus.at("\(pool)/staging/\(entry)/image")?.allocatedBytes ?? 0) > 0
            }
        }
    }

    /// Takes all that is left of the pool's file system with a file of somebody else.
    func takeAllSpace() throws {
        let file = try Directory.open(try #require(poolFilesystem).path).createFile("ballast", mode: 0o600)
        var offset: Int64 = 0
        var step: Int64 = 256 << 20
        while step >= 4096 {
            do {
                try file.allocate(from: offset, bytes: step)
                offset += step
            } catch {
                step /= 2
            }
        }
    }

    func giveSpaceBack() throws {
        try Directory.open(try #require(poolFilesystem).path).removeFile("ballast")
    }
}
