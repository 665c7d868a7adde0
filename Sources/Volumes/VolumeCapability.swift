import Text

/// A file system that volumes are formatted with.
package enum FilesystemKind: String, Sendable, CaseIterable {
    case ext4, xfs, btrfs

    /// The smallest volume that this file system is made on.
    ///
    /// XFS: mkfs.xfs 5.19 and later refuse less than 300 MiB. btrfs: Linux resizes none to less than 256 MiB, so a smaller
    /// one could not be grown. ext4: the smallest size at which mke2fs adds a journal is 8 MiB; 16 leaves room.
    package var minimumSize: ByteCount {
        switch self {
        case .ext4: .mebibytes(16)
        case .xfs: .mebibytes(300)
        case .btrfs: .mebibytes(256)
        }
    }
}

/// What a volume is for life: a raw disk or a file system.
package enum VolumeKind: Hashable, Sendable, CustomStringConvertible {
    case block
    case filesystem(FilesystemKind)

    /// The smallest size of such a volume.
    package var minimumSize: ByteCount {
        switch self {
        case .block: .mebibytes(1)
        case .filesystem(let kind): kind.minimumSize
        }
    }

    package var description: String {
        switch self {
        case .block: "block"
        case .filesystem(let kind): kind.rawValue
        }
    }
}

/// Who may use a volume at once; the modes of the specification that a volume of one node can serve.
package enum AccessMode: String, Sendable {
    case singleNodeWriter, singleNodeReaderOnly, multiNodeReaderOnly, singleNodeSingleWriter,
        singleNodeMultiWriter

    /// True where the mode never writes.
    package var isReadOnly: Bool { self == .singleNodeReaderOnly || self == .multiNodeReaderOnly }
}

/// Mount option words of a request; may hold secrets, so they are never printed.
package struct MountFlags: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The words, for the mount call only.
    package let words: [String]

    /// Keeps the words as given.
    package init(_ words: [String]) { self.words = words }

    /// Whether one of the options is among the words, each of which may be several options with commas between them.
    package func contains(anyOf options: Set<String>) -> Bool {
        words.contains { word in
            word.parts(at: ",").contains { part in options.contains { $0.isSame(as: part) } }
        }
    }

    package var description: String { "<\(words.count) mount flags>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One way in which a caller wants to use a volume.
package struct VolumeCapability: Equatable, Sendable {
    /// Raw disk or mounted file system.
    package enum Access: Equatable, Sendable {
        case block
        /// A file system; `nil` accepts whichever the volume has.
        case mount(FilesystemKind?, MountFlags)
    }

    /// Raw disk or file system.
    package var access: Access
    /// Who may use it at once.
    package var mode: AccessMode

    /// Puts the two together.
    package init(access: Access, mode: AccessMode) {
        self.access = access
        self.mode = mode
    }

    /// Why a volume of this kind cannot be used so, or nothing where it can.
    package func mismatch(with kind: VolumeKind) -> String? {
        switch (access, kind) {
        case (.block, .block), (.mount(nil, _), .filesystem): nil
        case (.mount(let wanted?, _), .filesystem(let have)):
            wanted == have ? nil : "the volume holds \(have.rawValue), not \(wanted.rawValue)"
        case (.block, .filesystem(let have)):
            "the volume is a mounted \(have.rawValue) file system, not a block volume"
        case (.mount, .block): "the volume is a block volume, not a file system"
        }
    }
}
