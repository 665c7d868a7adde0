internal import FoundationEssentials
import LinuxHost
import Volumes

/// `group.json`, format 1; the records of the members lie beside their images.
struct GroupFile: Codable {
    private static let newestVersion = 1

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
    static func read(from folder: borrowing Directory, as id: GroupID) throws(VolumeFault) -> GroupRecord {
        let step = "read record of group \(id)"
        let file: GroupFile
        do {
            file = try RecordText.read(PoolLayout.groupRecord, from: folder, limitBytes: RecordFile.longest)
        } catch {
            throw .host(step: step, cause: "\(error)")
        }
        guard file.version == newestVersion else {
            throw .host(step: step, cause: "format version \(file.version) is not known to this program")
        }
        guard file.id == "\(id)", (1...GroupRecord.mostMembers).contains(file.members) else {
            throw .host(step: step, cause: "its contents do not fit the group")
        }
        var members: [SnapshotRecord] = []
        for index in 0..<file.members {
            let name = VolumeName(member: index, of: id.name)
            let member = try VolumeFault.onHost(step) { () throws(SystemError) in try folder.open("\(index)")
            }
            members.append(try SnapshotFile.read(from: member, as: SnapshotID(pool: id.pool, name: name)))
        }
        return GroupRecord(
            id: id, requestedName: file.name, members: members, cut: Moment(nanoseconds: file.cutNanoseconds))
    }
}
