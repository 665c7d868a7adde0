internal import FoundationEssentials
import LinuxHost
import Volumes

/// `volume.json`, format 1: what is written and what may be read back.
struct RecordFile: Codable, ObjectRecord {
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

    /// Reads a record and verifies that it is the one of that volume and says nothing that cannot be.
    ///
    /// - Throws: `setAside` with what is wrong with it, `host` where the machine is short of something.
    static func read(from folder: borrowing Directory, as id: VolumeID) throws(VolumeFault) -> VolumeRecord {
        let key = ObjectKey.volume(id.name)
        let file: RecordFile = try RecordText.record(PoolLayout.record, from: folder, of: key)
        return try RecordText.believing(PoolLayout.record, of: key) { (doubt) throws(Doubt.Unbelievable) in
            try doubt.identity(file.id, is: "\(id)")
            return VolumeRecord(
                id: id, requestedName: file.name, size: try doubt.size(file.sizeBytes),
                kind: try doubt.known(file.kind, "kind", VolumeKind.init),
                provisioning: try doubt.known(
                    file.provisioning, "provisioning", Provisioning.init(rawValue:)),
                sectorBytes: try doubt.sector(file.sectorBytes),
                parameters: try doubt.parameters(file.parameters),
                source: try doubt.optional(file.source, "source", ContentSource.init(recorded:)),
                lineage: try doubt.optional(file.lineage, "lineage", VolumeName.init(folder:)),
                created: file.created,
                madeFor: ClaimNames(
                    claim: file.claim, namespace: file.claimNamespace, volume: file.persistentVolume),
                inlineTarget: try doubt.path(file.inlineTarget, "inlineTarget"))
        }
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
