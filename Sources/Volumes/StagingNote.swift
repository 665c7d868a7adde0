/// How a volume was asked for at one path; kept so that a repeat can be told from a different request.
package struct Usage: Equatable, Sendable {
    /// Who may use it at once.
    package let mode: AccessMode
    /// True where writes are refused there.
    package let isReadOnly: Bool
    /// A digest of the mount flags, which may hold secrets and are never kept.
    package let flagsDigest: String

    /// Puts a usage together.
    package init(mode: AccessMode, isReadOnly: Bool, flagsDigest: String) {
        self.mode = mode
        self.isReadOnly = isReadOnly
        self.flagsDigest = flagsDigest
    }
}

/// What the driver noted beside a volume when it staged and published it.
///
/// Only read together with what the kernel shows: an entry whose mount is gone means nothing. So the note needs no
/// sync; a power loss takes the mounts along with it.
package struct StagingNote: Equatable, Sendable {
    /// Staging paths and how the volume was asked for there.
    package var staged: [String: Usage] = [:]
    /// Target paths and how the volume was asked for there.
    package var published: [String: Usage] = [:]

    /// An empty note.
    package init() {}
}
