internal import FoundationEssentials
import LinuxHost
import Volumes

/// `snapshot.json`, format 1: what is written and what may be read back.
struct SnapshotFile: Codable {
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

    /// Reads a record and verifies that it is the one of that snapshot.
    static func read(from folder: borrowing Directory, as id: SnapshotID) throws(VolumeFault)
        -> SnapshotRecord
    {
        let step = "read record of snapshot \(id)"
        let file: SnapshotFile
        do {
            file = try RecordText.read(
                PoolLayout.snapshotRecord, from: folder, limitBytes: RecordFile.longest)
        } catch {
            throw .host(step: step, cause: "\(error)")
        }
        guard file.version == newestVersion else {
            throw .host(step: step, cause: "format version \(file.version) is not known to this program")
        }
        guard file.id == "\(id)", let source = VolumeID(file.source), let size = ByteCount(file.sizeBytes),
            let kind = VolumeKind(file.kind), let provisioning = Provisioning(rawValue: file.provisioning),
            let commitment = ByteCount(file.commitmentBytes)
        else { throw .host(step: step, cause: "its contents do not fit the snapshot") }
        return SnapshotRecord(
            id: id, requestedName: file.name, source: source, size: size, kind: kind,
            provisioning: provisioning, sectorBytes: file.sectorBytes, commitment: commitment,
            cut: Moment(nanoseconds: file.cutNanoseconds),
            lineage: file.lineage.flatMap { VolumeName(folder: $0) })
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
