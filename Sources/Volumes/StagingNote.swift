/// How a volume was asked for at one path; kept so that a repeat can be told from a different request.
package struct Usage: Equatable, Sendable {
    /// Who may use it at once.
    package let mode: AccessMode
    /// True where writes are refused there.
    package let isReadOnly: Bool
    /// A digest of the mount flags, which may hold secrets and are never kept.
    package let flagsDigest: String
    /// The same of those that are the file system's and not the single mount's; empty where there are none.
    package let filesystemDigest: String

    /// Puts a usage together.
    package init(mode: AccessMode, isReadOnly: Bool, flagsDigest: String, filesystemDigest: String = "") {
        self.mode = mode
        self.isReadOnly = isReadOnly
        self.flagsDigest = flagsDigest
        self.filesystemDigest = filesystemDigest
    }

    /// Whether both ask for the same; what is a part of the flags is compared with them.
    package static func == (one: Usage, other: Usage) -> Bool {
        one.mode == other.mode && one.isReadOnly == other.isReadOnly && one.flagsDigest == other.flagsDigest
    }
}

/// What the driver noted of a volume when it staged and published it.
///
/// Only read together with what the kernel shows: an entry whose mount is gone means nothing. It ends with the kernel, as
/// the mounts do.
package struct StagingNote: Equatable, Sendable {
    /// Staging paths and how the volume was asked for there.
    package var staged: [String: Usage] = [:]
    /// Target paths and how the volume was asked for there.
    package var published: [String: Usage] = [:]
    /// The loop device that the volume was given.
    package var device: Device?
    /// True for an inline volume, which ends with its publication.
    package var isInline = false

    /// An empty note.
    package init() {}

    /// True where nothing is staged or published by it.
    package var isEmpty: Bool { staged.isEmpty && published.isEmpty }
}
