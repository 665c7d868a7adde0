import LinuxHost

/// Loop devices and their files by what sysfs shows, which answers where the file's own file system does not.
enum LoopFiles {
    struct Attached: Sendable {
        let number: Int
        /// The path as the kernel prints it: relative to a mount that was taken away, marked if deleted.
        let file: String

        var path: String { "/dev/loop\(number)" }
    }

    static func attached() throws -> [Attached] {
        try Host.names(in: "/sys/block").compactMap { name -> Attached? in
            guard name.hasPrefix("loop"), let number = Int(name.dropFirst(4)),
                let text = TextFile.read("/sys/block/\(name)/loop/backing_file", limitBytes: 4096)
            else { return nil }
            return Attached(number: number, file: String(text.prefix { $0 != "\n" }))
        }
    }

    /// Thaws what a device carries, through a mount of its own: a frozen file system outlives its last mount.
    static func thaw(_ device: Attached, in folder: String) throws {
        try Host.run(
            "sh", "-c",
            """
            at="$2/thaw-$$"; mkdir "$at"
            mount "$1" "$at" 2>/dev/null && { fsfreeze --unfreeze "$at" 2>/dev/null; umount "$at"; }
            rmdir "$at"
            """, "sh", device.path, folder)
    }
}
