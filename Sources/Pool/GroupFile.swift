internal import FoundationEssentials
import LinuxHost
import Volumes

/// `group.json`, format 1; the records of the members lie beside their images.
struct GroupFile: Codable, ObjectRecord {
    static let newestVersion = 1

    var version: Int
    var id: String
    var name: String
    var cutNanoseconds: Int64
    var members: Int

    init(_ group: GroupRecord) {
        version = Self.newestVersion
        id = "\(group.id)"
        name = group.requestedName
        cutNanoseconds = group.cut.nanoseconds
        members = group.members.count
    }

    /// Reads the record in the folder of a group, and those of its members.
    ///
    /// - Throws: `setAside` with what is wrong with it or with a member, `host` where the machine is short of something.
    static func read(
        from folder: borrowing Directory, as id: GroupID,
        member: (SnapshotID, borrowing Directory) throws(VolumeFault) -> SnapshotRecord
    ) throws(VolumeFault) -> GroupRecord {
        let file = try head(from: folder, as: id)
        var members: [SnapshotRecord] = []
        for index in 0..<file.members {
            let name = VolumeName(member: index, of: id.name)
            do throws(VolumeFault) {
                let opened = try folder.openObject("\(index)", ObjectKey.snapshot(name))
                members.append(try member(SnapshotID(pool: id.pool, name: name), opened))
            } catch {
                guard case .setAside(let what, let why) = error else { throw error }
                throw .setAside(what: "group \(id.name)", why: "its \(what) is set aside: \(why)")
            }
        }
        return GroupRecord(
            id: id, requestedName: file.name, members: members, cut: Moment(nanoseconds: file.cutNanoseconds))
    }

    /// Reads the record of a group alone, and verifies that it has as many members as it says.
    static func head(from folder: borrowing Directory, as id: GroupID) throws(VolumeFault) -> GroupFile {
        let key = ObjectKey.group(id.name)
        let file: GroupFile = try RecordText.record(PoolLayout.groupRecord, from: folder, of: key)
        try RecordText.believing(PoolLayout.groupRecord, of: key) { (doubt) throws(Doubt.Unbelievable) in
            try doubt.identity(file.id, is: "\(id)")
            _ = try doubt.moment(file.cutNanoseconds)
            guard (1...GroupRecord.mostMembers).contains(file.members) else {
                throw Doubt.Unbelievable("says that there are \(file.members) members")
            }
        }
        let found = try VolumeFault.onHost("list \(key)") { () throws(SystemError) in try folder.entries() }
        guard Set(found.compactMap(GroupRecord.index)) == Set(0..<file.members) else {
            throw .setAside(
                what: "\(key)", why: "it does not hold the \(file.members) members that its record says")
        }
        return file
    }
}
