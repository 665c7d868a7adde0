import CSIWire
import LinuxHost
import Pool
import Volumes

/// `loopcsi volume`: the volumes of the pools, and where they are in use.
enum VolumeCommand {
    static func run(_ arguments: [String]) throws -> Int32 {
        let options = try ViewOptions(arguments)
        switch (options.words.first, options.words.count) {
        case ("list", 1): return try list(options)
        case ("show", 2): return try show(options.words[1], options)
        default:
            throw UsageError(
                "use: loopcsi volume list, or loopcsi volume show NAME-OR-ID, with "
                    + "[--pool NAME=/FOLDER] [--output table|json]")
        }
    }

    private static func list(_ options: ViewOptions) throws -> Int32 {
        var table = Table(VolumeRow.columns)
        var json: [JSONValue] = []
        let node = try NodeView.look()
        let code = try options.forEachPool { pool in
            let space = try pool.space()
            let volumes = try pool.volumes()
            for volume in volumes {
                let row = VolumeRow(VolumeSight(volume, in: pool, space: space, on: node))
                table.add(row.cells)
                json.append(row.json)
            }
            return volumes.allSatisfy { $0.record != nil }
        }
        options.show(table.text, .members(["volumes": .array(json)]))
        return code
    }

    private static func show(_ word: String, _ options: ViewOptions) throws -> Int32 {
        let node = try NodeView.look()
        var found: [VolumeDetails] = []
        let code = try options.forEachPool { pool in
            guard let volume = try pool.volume(called: word) else { return true }
            let sight = VolumeSight(volume, in: pool, space: try pool.space(), on: node)
            found.append(try VolumeDetails(sight, in: pool))
            return volume.record != nil
        }
        guard let details = found.first else {
            Command.complain("there is no volume '\(Table.printable(word))' in the pools looked at")
            return 1
        }
        guard found.count == 1 else {
            let ids = found.map { "\($0.row.sight.id)" }.joined(separator: ", ")
            Command.complain("several pools have a volume of that name; use one of the ids \(ids)")
            return 1
        }
        options.show(details.text, details.json)
        return code
    }
}

extension PoolView {
    /// The volume with that id, or that a caller created under that name, or whose folder has it.
    func volume(called word: String) throws(VolumeFault) -> PoolObject<VolumeRecord>? {
        if let handle = VolumeID(word), handle.pool == id, let volume = try volume(handle.name) {
            return volume
        }
        let name = VolumeName(for: word) { Digest.sha256Hex(Array($0.utf8)) }
        if let volume = try volume(name) { return volume }
        guard let folder = VolumeName(folder: word) else { return nil }
        return try volume(folder)
    }
}

/// A volume in a table and in JSON.
struct VolumeRow {
    let sight: VolumeSight

    init(_ sight: VolumeSight) { self.sight = sight }

    static let columns: [Table.Column] = [
        .init(title: "ID"), .init(title: "NAME"), .init(title: "SIZE", isNumber: true),
        .init(title: "ALLOCATED", isNumber: true), .init(title: "KIND"), .init(title: "PROVISIONING"),
        .init(title: "SOURCE"), .init(title: "DEVICE"), .init(title: "STAGED"), .init(title: "PUBLISHED"),
        .init(title: "CONDITION"),
    ]

    private var record: VolumeRecord? { sight.object.record }

    var cells: [String?] {
        [
            "\(sight.id)", record?.requestedName, record.map { Figure.bytes($0.size.bytes) },
            sight.object.image.map { Figure.bytes($0.allocated.bytes) }, record.map { "\($0.kind)" },
            record?.provisioning.rawValue, record?.source?.shortText, sight.device?.path,
            sight.staged.joined(separator: ","), (sight.published + sight.elsewhere).joined(separator: ","),
            sight.troubles.isEmpty ? "well" : sight.troubles.joined(separator: "; "),
        ]
    }

    var members: [JSONValue.Member] {
        let members: KeyValuePairs<String, JSONValue> = [
            "id": .string("\(sight.id)"), "name": .text(record?.requestedName),
            "sizeBytes": .bytes(record?.size), "allocatedBytes": .bytes(sight.object.image?.allocated),
            "kind": .text(record.map { "\($0.kind)" }), "provisioning": .text(record?.provisioning.rawValue),
            "source": .text(record?.source?.text), "device": .text(sight.device?.path),
            "staged": .texts(sight.staged), "published": .texts(sight.published),
            "otherMounts": .texts(sight.elsewhere), "well": .bool(sight.troubles.isEmpty),
            "troubles": .texts(sight.troubles),
        ]
        return members.map { JSONValue.Member(name: $0.key, value: $0.value) }
    }

    var json: JSONValue { .object(members) }
}

extension ContentSource {
    /// "snapshot <id>", as the record has it.
    var text: String {
        switch self {
        case .snapshot(let id): "snapshot \(id)"
        case .volume(let id): "volume \(id)"
        }
    }

    /// The same without the pool, which is always the volume's own.
    var shortText: String {
        switch self {
        case .snapshot(let id): "snapshot \(id.name)"
        case .volume(let id): "volume \(id.name)"
        }
    }
}
