import CSIWire
import LinuxHost
import Pool
import Volumes

/// `loopcsi pool`: the pools, and whether all is well in them.
enum PoolCommand {
    static func run(_ arguments: [String]) throws -> Int32 {
        let options = try ViewOptions(arguments)
        switch options.words {
        case ["list"]: return try list(options)
        case ["check"]: return try check(options)
        default: throw UsageError("use: loopcsi pool list|check [--pool NAME=/FOLDER] [--output table|json]")
        }
    }

    private static func list(_ options: ViewOptions) throws -> Int32 {
        var table = Table(PoolRow.columns)
        var json: [JSONValue] = []
        let code = try options.forEachPool { pool, why in
            table.add(
                [pool.name.text, pool.path, "set aside"]
                    + PoolRow.columns.dropFirst(3).map { _ in String?.none })
            json.append(pool.json(unseen: why))
        } _: { pool in
            let row = try PoolRow(pool)
            table.add(row.cells)
            json.append(row.json)
            return true
        }
        let unseen = NodeView.unseenDevices()
        options.show(
            ([table.text] + unseen.map { Table.printable($0) }).joined(separator: "\n"),
            .members(["pools": .array(json), "unseenDevices": .texts(unseen)]))
        return code
    }

    private static func check(_ options: ViewOptions) throws -> Int32 {
        var lines: [String] = []
        var json: [JSONValue] = []
        let code = try options.forEachPool { pool, why in
            lines.append("\(pool.name): \(Table.printable("trouble: set aside: \(why)"))")
            json.append(pool.json(unseen: why))
        } _: { pool in
            let outcome = try PoolCheck.run(pool)
            lines += outcome.findings.map { "\(pool.name): \($0.line)" }
            lines.append("\(pool.name): \(outcome.verdict)")
            json.append(outcome.json(of: pool))
            return outcome.isWell
        }
        // No finding of a pool: nobody can tell whose they are.
        let unseen = NodeView.unseenDevices()
        lines += unseen.map { Table.printable("not seen: \($0)") }
        options.show(
            lines.joined(separator: "\n"),
            .members([
                "well": .bool(code == 0), "pools": .array(json), "unseenDevices": .texts(unseen),
            ]))
        return code
    }
}

/// A pool in a table and in JSON.
struct PoolRow {
    let pool: PoolView
    let account: PoolAccount
    let volumes: Int
    let snapshots: Int
    /// What a driver sets aside.
    let torn: Int

    init(_ pool: PoolView) throws {
        let volumes = try pool.volumes()
        let snapshots = try pool.snapshots()
        self.pool = pool
        self.volumes = volumes.count
        self.snapshots = snapshots.count
        torn = try pool.tornCount(volumes, snapshots)
        account = PoolAccount(pool, volumes, snapshots, in: try pool.space())
    }

    static let columns: [Table.Column] = [
        .init(title: "POOL"), .init(title: "PATH"), .init(title: "ID"), .init(title: "FILESYSTEM"),
        .init(title: "REFLINK"), .init(title: "SIZE", isNumber: true), .init(title: "FREE", isNumber: true),
        .init(title: "RESERVE", isNumber: true), .init(title: "THICK", isNumber: true),
        .init(title: "THIN", isNumber: true), .init(title: "SNAPSHOTS", isNumber: true),
        .init(title: "AVAILABLE", isNumber: true), .init(title: "AS THIN", isNumber: true),
        .init(title: "VOLUMES/SNAPSHOTS", isNumber: true), .init(title: "TORN", isNumber: true),
    ]

    var cells: [String?] {
        let sizes = [
            account.space.total, account.space.free, account.reserve, account.thick, account.thin,
            account.snapshots, account.availableThick, account.availableThin,
        ]
        return [
            pool.name.text, pool.path, pool.id.text, pool.filesystem,
            pool.sharesBlocks.map { $0 ? "yes" : "no" } ?? "unknown",
        ] + sizes.map { Figure.bytes($0.bytes) } + ["\(volumes)/\(snapshots)", "\(torn)"]
    }

    var json: JSONValue {
        .members([
            "name": .string(pool.name.text), "path": .string(pool.path), "id": .string(pool.id.text),
            "filesystem": .string(pool.filesystem),
            "reflink": pool.sharesBlocks.map { .bool($0) } ?? .null,
            "sizeBytes": .bytes(account.space.total), "freeBytes": .bytes(account.space.free),
            "reserveBytes": .bytes(account.reserve),
            "committedBytes": .members([
                "thick": .bytes(account.thick), "thin": .bytes(account.thin),
                "snapshots": .bytes(account.snapshots), "total": .bytes(account.committed),
            ]),
            "availableBytes": .members([
                "thick": .bytes(account.availableThick), "thin": .bytes(account.availableThin),
            ]),
            "volumes": .integer(Int64(volumes)), "snapshots": .integer(Int64(snapshots)),
            "torn": .integer(Int64(torn)),
        ])
    }
}

extension ServeOptions.PoolOptions {
    /// A pool that cannot be read.
    fileprivate func json(unseen why: String) -> JSONValue {
        .members([
            "name": .string(name.text), "path": .string(path), "well": .bool(false),
            "state": .string("set_aside"),
            "why": .string(why),
        ])
    }
}

extension PoolFinding {
    /// "trouble: volume pvc-1: what it is; what to do".
    var line: String {
        Table.printable("\(kind.isHarmless ? "harmless" : "trouble"): \(object): \(what); remedy: \(remedy)")
    }

    var json: JSONValue {
        .members([
            "severity": .string(kind.isHarmless ? "harmless" : "trouble"), "kind": .string(kind.rawValue),
            "object": .string(object), "what": .string(what), "remedy": .string(remedy),
        ])
    }
}

extension PoolCheck.Outcome {
    /// "all is well: 3 volumes, 2 snapshots".
    var verdict: String {
        let troubles = findings.count { !$0.kind.isHarmless }
        let counted =
            "\(volumes) \(volumes == 1 ? "volume" : "volumes"), "
            + "\(snapshots) \(snapshots == 1 ? "snapshot" : "snapshots")"
        guard troubles > 0 else { return "all is well: \(counted)" }
        return "\(troubles) \(troubles == 1 ? "trouble" : "troubles") found: \(counted)"
    }

    func json(of pool: PoolView) -> JSONValue {
        .members([
            "name": .string(pool.name.text), "path": .string(pool.path), "id": .string(pool.id.text),
            "well": .bool(isWell), "volumes": .integer(Int64(volumes)),
            "snapshots": .integer(Int64(snapshots)), "findings": .array(findings.map(\.json)),
        ])
    }
}
