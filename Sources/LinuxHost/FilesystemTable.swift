/// What the operator wants to have mounted: `/etc/fstab`.
package struct FilesystemTable: Sendable {
    /// The places where something is to be mounted, as they are written there.
    package let mountPoints: [String]

    /// Reads the table of this host; one that is missing or cannot be read names nothing.
    package static func read() -> FilesystemTable {
        FilesystemTable(parsing: TextFile.read("/etc/fstab", limitBytes: 1 << 20) ?? "")
    }

    init(parsing text: String) {
        mountPoints = text.split(separator: "\n").compactMap { line in
            // fstab(5): source, place, type and so on; what follows a # at the beginning of a line is a comment.
            let fields = line.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 })
            guard fields.count >= 3, fields[0].first != UInt8(ascii: "#") else { return nil }
            let place = Mount.unescaped(fields[1])
            guard place.hasPrefix("/"), place != "/" else { return nil }
            return place.hasSuffix("/") ? String(place.dropLast()) : place
        }
    }

    /// The nearest place at or above a path that is to be a mount point and is none.
    package func missingMount(above path: String, in mounts: MountTable) -> String? {
        let above = mountPoints.filter { path == $0 || path.hasPrefix("\($0)/") }
        let missing = above.filter { mounts.mounts(at: HostIdentity.resolved($0) ?? $0).isEmpty }
        return missing.max { $0.utf8.count < $1.utf8.count }
    }
}
