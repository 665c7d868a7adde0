import Text

/// Extra words for mkfs that a StorageClass may give; only harmless ones, because mkfs runs as root on the host.
package struct MkfsOptions: Equatable, Sendable {
    /// The words, as they are passed to mkfs.
    package let words: [String]

    /// What may follow a flag.
    private enum Value {
        case number
        case label
        /// A comma list of `key=number` with these keys.
        case settings(Set<String>)
        /// A comma list of feature names, each perhaps with a leading `^`.
        case features(Set<String>)
    }

    /// Flags by file system.
    ///
    /// Sizes of sectors and blocks, devices and discards are the driver's to choose.
    private static let allowed: [FilesystemKind: [String: Value]] = [
        .ext4: [
            "-i": .number, "-I": .number, "-N": .number, "-m": .number, "-L": .label,
            "-J": .settings(["size"]), "-E": .settings(["stride", "stripe_width", "stripe-width"]),
            "-O": .features([
                "bigalloc", "casefold", "dir_index", "has_journal", "inline_data", "large_dir", "quota",
            ]),
        ],
        .xfs: [
            "-L": .label, "-i": .settings(["size", "maxpct", "sparse"]),
            "-l": .settings(["size", "su", "sunit"]),
            "-d": .settings(["agcount", "su", "sw"]),
            "-m": .settings(["reflink", "bigtime", "finobt", "rmapbt"]),
            "-n": .settings(["size", "ftype"]),
        ],
        .btrfs: ["-L": .label, "-n": .number],
    ]

    /// No extra words.
    static let none = MkfsOptions(words: [])

    private init(words: [String]) { self.words = words }

    /// Splits the value of `mkfsOptions` at blanks; what the words mean is checked by `check(for:)`.
    ///
    /// - Throws: `malformed` for an over-long value.
    package init(_ text: String) throws(VolumeFault) {
        guard text.utf8.count <= 512 else {
            throw .malformed(field: "parameters", why: "mkfsOptions is longer than 512 bytes")
        }
        words = text.parts(at: " ")
    }

    /// Verifies each word against the list for the volume's kind.
    ///
    /// - Throws: `malformed` naming the word that is not allowed.
    package func check(for kind: VolumeKind) throws(VolumeFault) {
        guard !words.isEmpty else { return }
        guard case .filesystem(let filesystem) = kind, let flags = Self.allowed[filesystem] else {
            throw .malformed(field: "parameters", why: "mkfsOptions does not apply to a block volume")
        }
        var rest = words[...]
        while let flag = rest.popFirst() {
            guard let rule = flags[flag] else {
                throw .malformed(
                    field: "parameters",
                    why: "mkfsOptions '\(flag)' is not allowed for \(filesystem.rawValue); "
                        + "allowed are \(flags.keys.sorted().joined(separator: " "))")
            }
            guard let value = rest.popFirst(), Self.fits(value, rule) else {
                throw .malformed(
                    field: "parameters", why: "mkfsOptions '\(flag)' lacks a value that is allowed for it")
            }
        }
    }

    private static func fits(_ value: String, _ rule: Value) -> Bool {
        switch rule {
        case .number: isNumber(value)
        case .label:
            value.utf8.count <= 12 && !value.isEmpty && value.first != "-"
                && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }
        case .settings(let keys):
            value.parts(at: ",", keepingEmpty: true).allSatisfy { item in
                let parts = item.parts(at: "=", keepingEmpty: true)
                return parts.count == 2 && keys.contains(parts[0]) && isNumber(parts[1])
            }
        case .features(let names):
            value.parts(at: ",", keepingEmpty: true).allSatisfy { item in
                names.contains(item.behind("^") ?? item)
            }
        }
    }

    /// Digits with at most one unit letter, as all three mkfs programs read sizes.
    private static func isNumber(_ text: String) -> Bool {
        var bytes = Array(text.utf8)
        if let last = bytes.last, [0x6B, 0x4B, 0x6D, 0x4D, 0x67, 0x47].contains(last) { bytes.removeLast() }
        return !bytes.isEmpty && bytes.count <= 15 && bytes.allSatisfy { (0x30...0x39).contains($0) }
    }
}
