/// One line of the kernel's mount table.
package struct Mount: Equatable, Sendable {
    /// The mount's id, as in `FileStatus.mountID`.
    package let id: UInt64
    /// The id of the mount it is mounted on.
    package let parentID: UInt64
    /// The device number of the file system; btrfs and others have one that belongs to no device.
    package let device: DeviceNumber
    /// Which folder or file of the file system is shown.
    package let root: String
    /// Where it is mounted.
    package let target: String
    /// The type of the file system.
    package let filesystem: String
    /// What was mounted: a device path, or any word.
    package let source: String
    /// Options of this mount.
    package let options: [String]
    /// Options of the file system as a whole.
    package let superOptions: [String]
    /// Whether what is mounted below it appears at its peers as well, such as the host (mount_namespaces(7)).
    package let isShared: Bool

    /// Whether it shows a file system (or a subvolume of a btrfs) from its root on, and not a folder of another one, as
    /// the bind mounts of containers do.
    package var showsWholeFilesystem: Bool { root == "/" || superOptions.contains("subvol=\(root)") }

    /// Whether writes through this mount are refused, by the mount or by the whole file system.
    package var isReadOnly: Bool { options.contains("ro") || isFilesystemReadOnly }

    /// Whether the whole file system is read-only.
    package var isFilesystemReadOnly: Bool {
        // Ext4 of Linux 6.18 shows the last two: after an error, and after it was shut down.
        superOptions.contains("ro") || superOptions.contains("emergency_ro")
            || superOptions.contains("shutdown")
    }

    /// The number of the loop device whose node it shows, as a published raw volume does; nil for any other mount.
    package var loopNode: Int32? {
        guard filesystem == "devtmpfs" || filesystem == "tmpfs",
            let cut = root.utf8.lastIndex(of: UInt8(ascii: "/")),
            root[cut...].hasPrefix("/loop")
        else { return nil }
        return Int32(root[cut...].dropFirst("/loop".count))
    }

    /// The number of the loop device whose file system it shows; nil where its source is none, or goes by another name.
    package var loopSource: Int32? {
        source.hasPrefix("/dev/loop") ? Int32(source.dropFirst("/dev/loop".count)) : nil
    }

    /// Reads one line of mountinfo, proc(5); nil if it is not one.
    init?(_ line: Substring.UTF8View) {
        let fields = line.split(separator: UInt8(ascii: " ")).map(Self.unescaped)
        // After six fixed fields come optional ones up to a dash, then three more.
        guard fields.count >= 10, let dash = fields[6...].firstIndex(of: "-"), fields.count >= dash + 4,
            let id = UInt64(fields[0]), let parentID = UInt64(fields[1]), let device = DeviceNumber(fields[2])
        else { return nil }
        self.id = id
        self.parentID = parentID
        self.device = device
        root = fields[3]
        target = fields[4]
        isShared = fields[6..<dash].contains { $0.hasPrefix("shared:") }
        options = fields[5].split(separator: ",").map(String.init)
        filesystem = fields[dash + 1]
        source = fields[dash + 2]
        superOptions = fields[dash + 3].split(separator: ",").map(String.init)
    }

    /// Undoes `\040` and its like.
    static func unescaped(_ field: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var rest = field[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3,
                digits.allSatisfy({ (0x30...0x37).contains($0) })
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
