import CSIWire
import LinuxHost
import Pool
import Volumes

/// `loopcsi snapshot`: the snapshots of the pools.
enum SnapshotCommand {
    static func run(_ arguments: [String]) throws -> Int32 {
        let options = try ViewOptions(arguments)
        guard options.words == ["list"] else {
            throw UsageError("use: loopcsi snapshot list [--pool NAME=/FOLDER] [--output table|json]")
        }
        var table = Table(SnapshotRow.columns)
        var json: [JSONValue] = []
        let code = try options.forEachPool { pool in
            var isFine = true
            for object in try pool.snapshots() {
                if let row = SnapshotRow(object) {
                    table.add(row.cells)
                    json.append(row.json)
                } else {
                    Command.complain("snapshot \(object.name): \(object.fault ?? "it cannot be read")")
                    isFine = false
                }
            }
            return isFine
        }
        options.show(table.text, .members(["snapshots": .array(json)]))
        return code
    }
}

/// A snapshot in a table and in JSON.
struct SnapshotRow {
    let record: SnapshotRecord
    let image: ImageState?

    /// Nothing where the record cannot be read.
    init?(_ object: PoolObject<SnapshotRecord>) {
        guard let record = object.record else { return nil }
        self.record = record
        image = object.image
    }

    static let columns: [Table.Column] = [
        .init(title: "ID"), .init(title: "NAME"), .init(title: "SOURCE"),
        .init(title: "SIZE", isNumber: true), .init(title: "ALLOCATED", isNumber: true),
        .init(title: "PROMISED", isNumber: true), .init(title: "KIND"), .init(title: "CREATED"),
        .init(title: "GROUP"),
    ]

    var cells: [String?] {
        [
            "\(record.id)", record.requestedName, "\(record.source.name)", Figure.bytes(record.size.bytes),
            image.map { Figure.bytes($0.allocated.bytes) }, Figure.bytes(record.commitment.bytes),
            "\(record.kind)", Clock.rfc3339(nanoseconds: record.cut.nanoseconds),
            record.id.group.map { "\($0.name)" },
        ]
    }

    var json: JSONValue {
        .members([
            "id": .string("\(record.id)"), "name": .string(record.requestedName),
            "source": .string("\(record.source)"), "sizeBytes": .bytes(record.size),
            "allocatedBytes": .bytes(image?.allocated), "commitmentBytes": .bytes(record.commitment),
            "kind": .string("\(record.kind)"), "provisioning": .string(record.provisioning.rawValue),
            "created": .string(Clock.rfc3339(nanoseconds: record.cut.nanoseconds)),
            "group": .text(record.id.group.map { "\($0)" }),
        ])
    }
}
