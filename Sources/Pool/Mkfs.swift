import LinuxHost
package import Volumes

/// Makes file systems on image files; needs a loop device and a mount out of sight only for what a class asks for.
package struct Mkfs: Sendable {
    /// Longest that one mkfs may take; on an image of 16 TiB it is seconds.
    private static let deadlineSeconds = 100.0

    /// Formats the image.
    ///
    /// With words of the caller's it is mounted once, too: mkfs makes what the kernel may not know, such as `casefold` or
    /// `quota` where those were left out of it.
    ///
    /// - Throws: `malformed` where the words are what mkfs or the kernel refuses, `noSpace` where the pool ran full on
    ///   the way, else `host`.
    func format(_ image: String, _ kind: FilesystemKind, for record: VolumeRecord) throws(VolumeFault) {
        let words = record.parameters.mkfsOptions.words
        do {
            try make(kind, on: image, for: record, words)
            if !words.isEmpty { try TrialMount.run(kind, image, for: record) }
        } catch {
            guard !words.isEmpty, case .host(_, let cause) = error,
                worksWithoutWords(kind, on: image, for: record)
            else { throw error }
            throw .malformed(
                field: "parameters", why: "mkfsOptions '\(words.joined(separator: " "))': \(cause)")
        }
    }

    /// Whether the words alone are to blame.
    private func worksWithoutWords(
        _ kind: FilesystemKind, on image: String, for record: VolumeRecord
    ) -> Bool {
        do {
            try make(kind, on: image, for: record, [])
            try TrialMount.run(kind, image, for: record)
            return true
        } catch {
            return false
        }
    }

    private func make(
        _ kind: FilesystemKind, on image: String, for record: VolumeRecord, _ words: [String]
    ) throws(VolumeFault) {
        let program = "mkfs.\(kind.rawValue)"
        let step = "make \(kind.rawValue) on volume \(record.id.name)"
        let arguments = Self.arguments(
            kind, sectorBytes: record.sectorBytes, bytes: record.size.bytes, extra: words)
        func run(on path: String) throws(VolumeFault) {
            let result = try Tool.onHost(program, arguments + [path], step, Self.deadlineSeconds)
            guard result.exitStatus == 0 else { throw Self.failure(step, result.complaint(of: program)) }
        }
        guard kind == .xfs, record.sectorBytes < 4096 else { return try run(on: image) }
        // mkfs.xfs gives a file on an XFS no smaller sectors than that XFS has; a device it asks for its own.
        try onDevice(image, record, step, run)
    }

    /// Runs the body on a device of the volume's sectors in the place of the image.
    private func onDevice(
        _ image: String, _ record: VolumeRecord, _ step: String,
        _ body: (_ path: String) throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        var outcome: Result<Void, VolumeFault> = .success(())
        try VolumeFault.onHost(step) { () throws(SystemError) in
            let opened = try OwnedDescriptor.open(image, .readWrite)
            try LoopDevices.withTemporary(
                opened, name: record.id.name.text, sectorBytes: record.sectorBytes
            ) { (device) throws(SystemError) in
                do throws(VolumeFault) {
                    try body(device.path)
                } catch {
                    outcome = .failure(error)
                }
            }
        }
        try outcome.get()
    }

    /// LC_ALL=C makes all three programs print the text of ENOSPC as here.
    private static func failure(_ step: String, _ cause: String) -> VolumeFault {
        guard cause.contains("No space left on device") || cause.contains("Disk quota exceeded") else {
            return .host(step: step, cause: cause)
        }
        return .noSpace("\(step): the pool's file system is full (\(cause))")
    }

    /// What mkfs is told besides the image of that size, with wished words added.
    ///
    /// The image is all zeros and its holes or reserved blocks must stay as they are: no discard, nothing zeroed twice.
    package static func arguments(
        _ kind: FilesystemKind, sectorBytes: UInt32, bytes: Int64 = .max, extra wished: [String] = []
    ) -> [String] {
        let sector = "\(sectorBytes)"
        var extra = wished
        switch kind {
        case .ext4:
            // Small file systems would get 1 KiB blocks, which do not mount on a device with 4 KiB sectors.
            // assume_storage_prezeroed (e2fsprogs 1.47): neither mkfs nor the kernel zeroes inode tables again.
            let extended = take(
                "-E", from: &extra,
                after: "nodiscard,assume_storage_prezeroed=1,root_owner=0:0\(roomForDescriptors(bytes))")
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

    /// Ext4 grows as far as the group descriptors that are reserved when it is made.
    ///
    /// mke2fs reserves for 1024 times the size. A small one gets enough for 1 TiB, which takes half a MiB of it.
    private static func roomForDescriptors(_ bytes: Int64) -> String {
        bytes < 1 << 30 ? ",resize=\(Int64(1 << 40) / 4096)" : ""
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
