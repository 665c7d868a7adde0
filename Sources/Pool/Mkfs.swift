import LinuxHost
package import Volumes

/// Makes file systems on image files; needs no loop device and no mount.
package struct Mkfs: Sendable {
    /// Longest that one mkfs may take; on an image of 16 TiB it is seconds.
    private static let deadlineSeconds = 100.0

    /// Formats the image.
    ///
    /// - Throws: `noSpace` where the pool ran full on the way, else `host`.
    func format(_ image: String, _ kind: FilesystemKind, for record: VolumeRecord) throws(VolumeFault) {
        let program = "mkfs.\(kind.rawValue)"
        let step = "make \(kind.rawValue) on volume \(record.id.name)"
        let result = try Tool.onHost(
            program, Self.arguments(kind, record) + [image], step, Self.deadlineSeconds)
        guard result.exitStatus == 0 else { throw Self.failure(step, result.complaint(of: program)) }
    }

    /// LC_ALL=C makes all three programs print the text of ENOSPC as here.
    private static func failure(_ step: String, _ cause: String) -> VolumeFault {
        guard cause.contains("No space left on device") || cause.contains("Disk quota exceeded") else {
            return .host(step: step, cause: cause)
        }
        return .noSpace("\(step): the pool's file system is full (\(cause))")
    }

    static func arguments(_ kind: FilesystemKind, _ record: VolumeRecord) -> [String] {
        arguments(kind, sectorBytes: record.sectorBytes, extra: record.parameters.mkfsOptions.words)
    }

    /// What mkfs is told besides the image, with wished words added.
    ///
    /// The image is all zeros and its holes or reserved blocks must stay as they are: no discard, nothing zeroed twice.
    package static func arguments(
        _ kind: FilesystemKind, sectorBytes: UInt32, extra wished: [String] = []
    ) -> [String] {
        let sector = "\(sectorBytes)"
        var extra = wished
        switch kind {
        case .ext4:
            // Small file systems would get 1 KiB blocks, which do not mount on a device with 4 KiB sectors.
            // assume_storage_prezeroed (e2fsprogs 1.47): neither mkfs nor the kernel zeroes inode tables again.
            let extended = take(
                "-E", from: &extra, after: "nodiscard,assume_storage_prezeroed=1,root_owner=0:0")
            // With the seed of its checksums kept apart a copy gets another UUID at once (Linux 4.4, e2fsprogs 1.43).
            let features = take("-O", from: &extra, after: "metadata_csum,metadata_csum_seed")
            return ["-q", "-F", "-b", "4096", "-m", "0", "-e", "remount-ro", "-E", extended, "-O", features]
                + extra
        case .xfs:
            return ["-q", "-f", "-K", "-b", "size=4096", "-s", "size=\(sector)"] + extra
        case .btrfs:
            return ["-q", "-f", "-K", "-s", "4096"] + extra
        }
    }

    /// Of several such flags the last one would win, so what was wished joins what the driver says.
    private static func take(_ flag: String, from words: inout [String], after value: String) -> String {
        var joined = value
        while let index = words.firstIndex(of: flag), index + 1 < words.count {
            joined += ",\(words[index + 1])"
            words.removeSubrange(index...(index + 1))
        }
        return joined
    }
}

extension Tool {
    /// Runs a program of the node; a missing one is named, because installing it is the remedy.
    static func onHost(
        _ program: String, _ arguments: [String], _ step: String, _ deadlineSeconds: Double
    ) throws(VolumeFault) -> ToolResult {
        guard let tool = Tool.find(program) else {
            throw .notNow("\(step): \(program) is not installed on the node")
        }
        do {
            return try tool.run(arguments, deadlineSeconds: deadlineSeconds)
        } catch {
            throw .host(step: step, cause: "\(error)")
        }
    }
}

extension ToolResult {
    /// What the program said, in one line that fits a status message.
    func complaint(of program: String) -> String {
        let text = standardError.isEmpty ? standardOutput : standardError
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } }.filter {
            !$0.isEmpty
        }
        return "\(program) ended with \(exitStatus): \(lines.suffix(3).joined(separator: "; ").suffix(512))"
    }
}
