import LinuxHost

/// A lock of one volume between the drivers of a node, such as two that follow each other in an upgrade.
///
/// A file on tmpfs, locked while the call runs and removed at its end, so that none stays of volumes that are gone.
struct VolumeLock: ~Copyable {
    private let folder: Directory
    private let file: OwnedDescriptor
    private let name: String

    /// How often the lock is tried while holders that end remove the file.
    private static let attempts = 64

    private init(_ folder: consuming Directory, _ file: consuming OwnedDescriptor, _ name: String) {
        self.folder = folder
        self.file = file
        self.name = name
    }

    /// Takes the lock of that name without waiting; nothing if another driver has it.
    static func take(_ name: String) throws(SystemError) -> VolumeLock? {
        for _ in 0..<attempts {
            let folder = try NodeFolder.locks.ensure()
            guard let file = try file(name, in: folder) else { continue }
            guard try file.tryLock(.exclusive) else { return nil }
            // Its last holder may have removed it between the open and the lock.
            let now = try folder.status(name)?.identity
            guard try now == file.status().identity else { continue }
            return VolumeLock(folder, file, name)
        }
        return nil
    }

    /// The file, made unless it is there; nothing if it was made and removed in this moment.
    private static func file(
        _ name: String, in folder: borrowing Directory
    ) throws(SystemError) -> OwnedDescriptor? {
        do throws(SystemError) {
            return try folder.createFile(name, mode: 0o600)
        } catch  where error.errno == .exists {
            do throws(SystemError) {
                return try folder.openFile(name, .readWrite)
            } catch  where error.errno == .noEntry {
                return nil
            }
        } catch  where error.errno == .noEntry {
            // Somebody removed the whole folder.
            return nil
        }
    }

    /// Gives the lock back.
    ///
    /// Not by closing alone: a child that is just being started holds a copy of the descriptor until its exec.
    consuming func release() throws(SystemError) {
        do throws(SystemError) {
            try folder.removeFile(name)
        } catch  where error.errno == .noEntry {
            // Removed by hand.
        }
        try file.unlock()
    }
}
