internal import FoundationEssentials
import LinuxHost
import Volumes

/// `volume.json`, format 1: what is written and what may be read back.
struct RecordFile: Codable {
    static let newestVersion = 1
    /// No record is longer: names and parameters are bounded by the specification.
    static let longest = 64 << 10

    var version: Int
    var id: String
    var name: String
    var sizeBytes: Int64
    var kind: String
    var provisioning: String
    var sectorBytes: UInt32
    var parameters: [String: String]
    /// Absent in records of volumes that were made from nothing.
    var source: String?
    /// Absent where no other object can share blocks with the image.
    var lineage: String?
    var created: String
    /// Names of the claim; absent where nobody told them.
    var claim: String?
    var claimNamespace: String?
    var persistentVolume: String?
    /// Absent in records of volumes that a controller made.
    var inlineTarget: String?

    init(_ record: VolumeRecord) {
        version = Self.newestVersion
        id = "\(record.id)"
        name = record.requestedName
        sizeBytes = record.size.bytes
        kind = "\(record.kind)"
        provisioning = record.provisioning.rawValue
        sectorBytes = record.sectorBytes
        parameters = record.parameters.canonical
        source = record.source?.recorded
        lineage = record.lineage?.text
        created = record.created
        claim = record.madeFor.claim
        claimNamespace = record.madeFor.namespace
        persistentVolume = record.madeFor.volume
        inlineTarget = record.inlineTarget
    }

    /// Reads a record and verifies that it is the one of that volume.
    static func read(from folder: borrowing Directory, as id: VolumeID) throws(VolumeFault) -> VolumeRecord {
        let step = "read record of volume \(id)"
        let file: RecordFile
        do {
            file = try RecordText.read(PoolLayout.record, from: folder, limitBytes: longest)
        } catch {
            throw .host(step: step, cause: "\(error)")
        }
        guard file.version == newestVersion else {
            throw .host(step: step, cause: "format version \(file.version) is not known to this program")
        }
        guard file.id == "\(id)", let size = ByteCount(file.sizeBytes), let kind = VolumeKind(file.kind),
            let provisioning = Provisioning(rawValue: file.provisioning)
        else { throw .host(step: step, cause: "its contents do not fit the volume") }
        let source = file.source.flatMap(ContentSource.init(recorded:))
        guard (source == nil) == (file.source == nil) else {
            throw .host(step: step, cause: "its source '\(file.source ?? "")' is not one of ours")
        }
        return VolumeRecord(
            id: id, requestedName: file.name, size: size, kind: kind, provisioning: provisioning,
            sectorBytes: file.sectorBytes, parameters: try VolumeParameters(file.parameters),
            source: source, lineage: file.lineage.flatMap { VolumeName(folder: $0) }, created: file.created,
            madeFor: ClaimNames(
                claim: file.claim, namespace: file.claimNamespace, volume: file.persistentVolume),
            inlineTarget: file.inlineTarget)
    }

    /// Readable JSON with sorted keys and a newline at its end.
    static func json(_ value: some Encodable) throws(VolumeFault) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value)) + [0x0A]
        } catch {
            throw .host(step: "encode a record", cause: "\(error)")
        }
    }
}

extension VolumeKind {
    /// Reads what `description` wrote.
    init?(_ text: String) {
        if text == "block" {
            self = .block
        } else if let kind = FilesystemKind(rawValue: text) {
            self = .filesystem(kind)
        } else {
            return nil
        }
    }
}
