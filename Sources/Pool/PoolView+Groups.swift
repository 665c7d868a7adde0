import LinuxHost
import Volumes

extension PoolView {
    /// What lies in the folder of groups.
    struct Groups {
        /// The members of all groups.
        var members: [PoolObject<SnapshotRecord>] = []
        /// Groups whose record, or whose members' records, cannot be read, and why.
        var faults: [(name: VolumeName, fault: String)] = []
        /// Half-written files beside the records of groups.
        var temporaries: [String] = []
        /// Paths of what is no group.
        var strangers: [String] = []
    }

    /// The groups of snapshots; none where the pool has no folder for them, as in earlier versions.
    func groups() throws(VolumeFault) -> Groups {
        var found = Groups()
        guard let parent = try open(PoolLayout.groups, in: try disk.opened()) else { return found }
        for entry in try entries(parent, PoolLayout.groups) {
            if let name = VolumeName(folder: entry), let folder = try open(entry, in: parent) {
                do throws(VolumeFault) {
                    try read(folder, name, in: parent, into: &found)
                } catch {
                    found.faults.append((name, error.summary))
                }
            } else if try isThere(entry, in: parent, as: nil) {
                found.strangers.append("\(PoolLayout.groups)/\(entry)")
            }
        }
        return found
    }

    private func read(
        _ folder: borrowing Directory, _ name: VolumeName, in parent: borrowing Directory,
        into found: inout Groups
    ) throws(VolumeFault) {
        for entry in try entries(folder, "\(PoolLayout.groups)/\(name)") {
            if Directory.isTemporary(entry) {
                found.temporaries.append("\(PoolLayout.groups)/\(name)/\(entry)")
            }
            guard let index = GroupRecord.index(entry) else { continue }
            let member = VolumeName(member: index, of: name)
            if let object = try object(entry, named: member, in: folder, .snapshots) {
                found.members.append(object)
            }
        }
        do {
            _ = try GroupFile.read(from: folder, as: GroupID(pool: id, name: name)) {
                (id, member) throws(VolumeFault) in try disk.examine(snapshot: id.name, member)
            }
        } catch {
            // Deleted while it was read.
            guard try isThere(name.text, in: parent, as: nil) else { return }
            if case .setAside(_, let why) = error {
                found.faults.append((name, why))
            } else {
                found.faults.append((name, error.summary))
            }
        }
    }

    private func entries(
        _ folder: borrowing Directory, _ path: String
    ) throws(VolumeFault) -> [String] {
        do {
            return try folder.entries().sorted()
        } catch {
            throw .host(step: "list \(path) of pool \(name)", cause: "\(error)")
        }
    }
}
