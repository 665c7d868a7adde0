internal import FoundationEssentials
import LinuxHost
import Volumes

/// `snapshot.json`, format 1: what is written and what may be read back.
struct SnapshotFile: Codable, ObjectRecord {
    static let newestVersion = 1

    var version: Int
    var id: String
    var name: String
    var source: String
    var sizeBytes: Int64
    var kind: String
    var provisioning: String
    var sectorBytes: UInt32
    var commitmentBytes: Int64
    var cutNanoseconds: Int64
    /// Absent where no other object can share blocks with the image.
    var lineage: String?

    init(_ record: SnapshotRecord) {
        version = Self.newestVersion
        id = "\(record.id)"
        name = record.requestedName
        source = "\(record.source)"
        sizeBytes = record.size.bytes
        kind = "\(record.kind)"
        provisioning = record.provisioning.rawValue
        sectorBytes = record.sectorBytes
        commitmentBytes = record.commitment.bytes
        cutNanoseconds = record.cut.nanoseconds
        lineage = record.lineage?.text
    }

    /// Reads a record and verifies that it is the one of that snapshot and says nothing that cannot be.
    ///
    /// - Throws: `setAside` with what is wrong with it, `host` where the machine is short of something.
    static func read(from folder: borrowing Directory, as id: SnapshotID) throws(VolumeFault)
        -> SnapshotRecord
    {
        let key = ObjectKey.snapshot(id.name)
        let file: SnapshotFile = try RecordText.record(PoolLayout.snapshotRecord, from: folder, of: key)
        return try RecordText.believing(PoolLayout.snapshotRecord, of: key) {
            (doubt) throws(Doubt.Unbelievable) in
            try doubt.identity(file.id, is: "\(id)")
            return SnapshotRecord(
                id: id, requestedName: file.name,
                source: try doubt.known(file.source, "source", VolumeID.init),
                size: try doubt.size(file.sizeBytes),
                kind: try doubt.known(file.kind, "kind", VolumeKind.init),
                provisioning: try doubt.known(
                    file.provisioning, "provisioning", Provisioning.init(rawValue:)),
                sectorBytes: try doubt.sector(file.sectorBytes),
                commitment: try doubt.count(file.commitmentBytes, "commitmentBytes"),
                cut: try doubt.moment(file.cutNanoseconds),
                lineage: try doubt.optional(file.lineage, "lineage", VolumeName.init(folder:)))
        }
    }
}

extension ContentSource {
    /// The source as a record keeps it.
    var recorded: String {
        switch self {
        case .snapshot(let id): "snapshot \(id)"
        case .volume(let id): "volume \(id)"
        }
    }

    /// Reads what `recorded` wrote.
    init?(recorded text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 2 else { return nil }
        switch words[0] {
        case "snapshot":
            guard let id = SnapshotID(words[1]) else { return nil }
            self = .snapshot(id)
        case "volume":
            guard let id = VolumeID(words[1]) else { return nil }
            self = .volume(id)
        default: return nil
        }
    }
}
