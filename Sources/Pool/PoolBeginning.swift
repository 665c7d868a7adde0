import LinuxHost
package import Volumes

/// Whether a pool may be begun anew in an empty folder: not where it can be known that its disk is only missing.
package struct PoolBeginning: Sendable {
    private let name: PoolName
    private let path: String
    private let memory: PoolMemory

    /// Judges the folder that the operator named for the pool.
    package init(of name: PoolName, at path: String, memory: PoolMemory) {
        self.name = name
        self.path = path
        self.memory = memory
    }

    /// Throws a sentence with the remedy where a pool was served before, or a disk is to be mounted.
    func permit() throws(PoolError) {
        if let known = memory.recall(name, at: path), let why = try Self.objection(known, path) {
            throw refusal(
                "pool \(known.id) was served there before, \(why), or remove \(memory.file(of: name, at: path)) "
                    + "if it is to begin anew")
        }
        let real = HostIdentity.resolved(path) ?? path
        guard let place = Self.missingMount(above: real) else { return }
        throw refusal(
            "/etc/fstab has a disk for \(place), and nothing is mounted there; mount it, or take the line out"
        )
    }

    /// Why a pool that was served at the path before is only missing; nothing where it may be gone for good.
    ///
    /// A blank disk in its place, or a folder that was emptied, is somebody's wish; a disk that is missing is nobody's.
    private static func objection(_ known: PoolMemory.Known, _ path: String) throws(PoolError) -> String? {
        guard let mount = known.mount else { return nil }
        guard PoolMemory.mount(holding: path) == mount else {
            return "on the disk mounted at \(mount); mount it"
        }
        do {
            if let top = try MountTable.read().stacked(at: mount) {
                return "and \(top.source) is mounted over another disk at \(mount) now; take that off"
            }
            guard let volume = try StagedNotes.attached(of: known.id) else { return nil }
            return "and its volume \(volume) is in use here still; bring its disk back"
        } catch {
            throw PoolError(description: "pool \(known.id) cannot be looked for: \(error)")
        }
    }

    private static func missingMount(above path: String) -> String? {
        do {
            return FilesystemTable.read().missingMount(above: path, in: try MountTable.read())
        } catch {
            // Without a table of mounts nothing can be said against it.
            return nil
        }
    }

    private func refusal(_ text: String) -> PoolError {
        PoolError(description: "pool \(name) at \(path) is not there, and is not begun anew: \(text)")
    }
}
