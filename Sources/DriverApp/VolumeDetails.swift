import CSIWire
import LinuxHost
import Pool
import Volumes

/// Everything about one volume, as text and as JSON.
struct VolumeDetails {
    let row: VolumeRow
    private let pool: PoolView
    private let extents: Int64?
    private let usage: VolumeUsage?
    /// Snapshots that were cut from it.
    private let snapshots: [SnapshotRow]

    init(_ sight: VolumeSight, in pool: PoolView) throws(VolumeFault) {
        row = VolumeRow(sight)
        self.pool = pool
        extents = try pool.extents(of: sight.object.name)
        usage = try sight.usage()
        snapshots = try pool.snapshots().compactMap(SnapshotRow.init).filter { $0.record.source == sight.id }
    }

    private var sight: VolumeSight { row.sight }
    private var record: VolumeRecord? { sight.object.record }

    var text: String {
        var lines: [(String, String)] = [
            ("id", "\(sight.id)"), ("pool", "\(pool.name) at \(pool.path)"),
            ("image", "\(pool.path)/volumes/\(sight.object.name)/image"),
        ]
        if let record {
            lines += [
                ("name", record.requestedName), ("created", record.created), ("kind", "\(record.kind)"),
                ("provisioning", record.provisioning.rawValue),
                ("size", "\(Figure.bytes(record.size.bytes)) (\(record.size.bytes) bytes)"),
                ("sectors", "\(record.sectorBytes) bytes"),
            ]
            lines += record.parameters.canonical.sorted { $0.key < $1.key }.map {
                ("parameter", "\($0.key) = \($0.value)")
            }
            if let claim = record.madeFor.text { lines.append(("made for", claim)) }
            if let target = record.inlineTarget { lines.append(("inline volume of", target)) }
            if let source = record.source { lines.append(("source", source.text)) }
        }
        if let image = sight.object.image {
            lines.append(
                ("allocated", "\(Figure.bytes(image.allocated.bytes)) (\(image.allocated.bytes) bytes)"))
        }
        if let extents { lines.append(("extents", "\(extents)")) }
        lines.append(("device", deviceText))
        lines += sight.staged.map { ("staged at", $0) }
        lines += sight.published.map { ("published at", $0) }
        lines += sight.elsewhere.map { ("also mounted at", $0) }
        if let usage {
            lines.append(
                (
                    "file system",
                    "\(Figure.bytes(usage.bytes.used)) used, \(Figure.bytes(usage.bytes.available)) available of "
                        + Figure.bytes(usage.bytes.total)
                ))
        }
        lines += snapshots.map {
            ("snapshot", "\($0.record.id), \(Clock.rfc3339(nanoseconds: $0.record.cut.nanoseconds))")
        }
        lines.append(("condition", sight.troubles.isEmpty ? "well" : sight.troubles.joined(separator: "; ")))
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { "\(Figure.padded($0.0, width))  \(Table.printable($0.1))" }.joined(separator: "\n")
    }

    private var deviceText: String {
        guard let device = sight.device, let attachment = sight.attachment else { return "none" }
        return "\(device.path), \(Figure.bytes(attachment.sizeBytes)), "
            + (attachment.directIO ? "direct I/O" : "buffered I/O")
            + (attachment.readOnly ? ", read-only" : "")
    }

    var json: JSONValue {
        let attachment = sight.attachment
        let more: KeyValuePairs<String, JSONValue> = [
            "pool": .members([
                "name": .string(pool.name.text), "path": .string(pool.path), "id": .string(pool.id.text),
            ]),
            "image": .string("\(pool.path)/volumes/\(sight.object.name)/image"),
            "imageBytes": .bytes(sight.object.image?.size), "extents": .integer(extents),
            "created": .text(record?.created),
            "sectorBytes": .integer(record.map { Int64($0.sectorBytes) }),
            "parameters": .object(
                (record?.parameters.canonical ?? [:]).sorted { $0.key < $1.key }.map {
                    JSONValue.Member(name: $0.key, value: .string($0.value))
                }),
            "madeFor": record.map(\.madeFor.json) ?? .null, "inlineTarget": .text(record?.inlineTarget),
            "attachment": attachment.map {
                .members([
                    "sizeBytes": .integer($0.sizeBytes), "directIO": .bool($0.directIO),
                    "readOnly": .bool($0.readOnly), "sectorBytes": .integer(Int64($0.blockSizeBytes)),
                ])
            } ?? .null,
            "usage": usage.map {
                .members(["bytes": json($0.bytes), "inodes": $0.inodes.map(json) ?? .null])
            }
                ?? .null,
            "snapshots": .array(snapshots.map(\.json)),
        ]
        return .object(row.members + more.map { JSONValue.Member(name: $0.key, value: $0.value) })
    }

    private func json(_ amounts: VolumeUsage.Amounts) -> JSONValue {
        .members([
            "total": .integer(amounts.total), "used": .integer(amounts.used),
            "available": .integer(amounts.available),
        ])
    }
}

extension ClaimNames {
    /// "claim default/data, volume pvc-1"; nothing where nobody told.
    fileprivate var text: String? {
        let parts = [
            claim.map { "claim \(namespace.map { "\($0)/" } ?? "")\($0)" }, volume.map { "volume \($0)" },
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    fileprivate var json: JSONValue {
        .members(["claim": .text(claim), "namespace": .text(namespace), "volume": .text(volume)])
    }
}
