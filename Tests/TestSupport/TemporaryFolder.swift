package import LinuxHost

/// A folder of a test's own, removed with everything in it at the end.
package final class TemporaryFolder: Sendable {
    /// Its path, without links in it.
    package let path: String
    private let name: String
    private static let parent = "/tmp"

    /// Makes the folder.
    package init() throws {
        name = "loopcsi-test-\(RandomBytes.hex(byteCount: 8))"
        path = "\(Self.parent)/\(name)"
        try Directory.open(Self.parent).create(name, mode: 0o700)
    }

    /// Opens the folder.
    package func open() throws -> Directory { try Directory.open(path) }

    /// Makes a file of a size and opens it for reading and writing.
    package func file(_ name: String, bytes: Int64) throws -> OwnedDescriptor {
        let file = try open().createFile(name, mode: 0o600)
        try file.truncate(to: bytes)
        return file
    }

    /// Makes a folder and opens it as a place to mount at.
    package func mountPoint(_ name: String) throws -> OwnedDescriptor {
        let folder = try open()
        try folder.ensure(name, mode: 0o700)
        return try folder.openPlace(name)
    }

    /// Unmounts everything that is mounted below the folder, the last mounted first.
    package func unmountAll() throws {
        for mount in try MountTable.read().mounts.reversed() where mount.target.hasPrefix(path + "/") {
            try Self.unmount(mount.target)
        }
    }

    /// A program that another test starts at this moment holds copies of all descriptors until its exec, and with them
    /// the mount; so busy may mean "not yet".
    private static func unmount(_ target: String) throws {
        for _ in 0..<50 {
            do throws(SystemError) {
                return try Mounting.unmount(target)
            } catch {
                guard error.errno == .busy else { throw error }
                Clock.sleep(nanoseconds: 20_000_000)
            }
        }
        try Mounting.unmount(target)
    }

    deinit {
        do {
            try unmountAll()
            try Directory.open(Self.parent).removeTree(name)
        } catch {
            print("the temporary folder \(path) could not be removed: \(error)")
        }
    }
}
