package import Volumes

/// What a kernel and its file tree hold of volumes; a value, so that before and after compare.
package struct FakeKernel: Equatable, Sendable {
    /// A loop device in use.
    package struct Loop: Equatable, Sendable {
        package var volume: VolumeID
        package var imageIdentity: Int
        package var isAttachedReadOnly: Bool
        /// The write-protect switch of the disk, apart from how it was attached.
        package var refusesWrites: Bool
        package var size: ByteCount
    }

    /// What a mount shows.
    package enum Source: Equatable, Sendable {
        case filesystem(Int32)
        case node(Int32)
        case foreign(String)

        var device: Int32? {
            switch self {
            case .filesystem(let number), .node(let number): number
            case .foreign: nil
            }
        }
    }

    /// One line of the mount table.
    package struct Entry: Equatable, Sendable {
        package var path: String
        package var source: Source
        package var isReadOnly: Bool

        /// One line.
        package init(path: String, source: Source, isReadOnly: Bool) {
            self.path = path
            self.source = source
            self.isReadOnly = isReadOnly
        }
    }

    /// Something in the file tree.
    package enum File: Equatable, Sendable {
        case folder
        case file(bytes: Int)
        case link
    }

    /// Loop devices by number.
    package var loops: [Int32: Loop] = [:]
    /// The mount table, the last mounted at the end.
    package var mounts: [Entry] = []
    /// The file tree below the mounts.
    package var files: [String: File] = ["/": .folder, "/dev": .folder]
    /// Notes beside the volumes.
    package var notes: [VolumeID: StagingNote] = [:]
    /// Sizes of the file systems inside of the images.
    package var filesystems: [VolumeID: ByteCount] = [:]
    /// Paths that a process has open.
    package var busy: Set<String> = []
    /// Devices whose file system the kernel made read-only after an error.
    package var shutDown: Set<Int32> = []
    /// Devices whose file system somebody froze.
    package var frozen: Set<Int32> = []
    /// Volumes whose file system has changes in its log.
    package var dirtyLogs: Set<VolumeID> = []
    /// Whether a mounted ext4 can grow here.
    package var growsMountedExt4 = true
    /// What each growth of a file system ends with, if it fails.
    package var growthFailure: VolumeFault?
    /// Why the file systems of devices could not grow.
    package var failedGrowths: [Int32: String] = [:]
    /// Volumes whose file system a check finds beyond repair.
    package var damaged: Set<VolumeID> = []

    package init() {}

    /// The mount that a look at the path meets.
    package func top(of path: String) -> Entry? { mounts.last { $0.path == path } }

    /// The place of a mount in the table, which is its number.
    func topID(of path: String) -> UInt64? {
        mounts.lastIndex { $0.path == path }.map { UInt64($0 + 1) }
    }

    func device(of id: VolumeID) -> Int32? { loops.filter { $0.value.volume == id }.keys.min() }

    func file(at path: String) -> File? { top(of: path) == nil ? files[path] : .folder }

    func parent(of path: String) -> String {
        let cut = path.lastIndex(of: "/") ?? path.startIndex
        return cut == path.startIndex ? "/" : String(path[..<cut])
    }

    func isEmptyFolder(_ path: String) -> Bool {
        files[path] == .folder && !files.keys.contains { $0.hasPrefix(path + "/") }
    }
}
