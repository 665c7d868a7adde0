import LinuxHost
import Log
import Volumes

/// How to serve.
package struct ServeOptions: Sendable {
    /// A pool to serve.
    package struct PoolOptions: Sendable {
        let name: PoolName
        let path: String
        let policy: CapacityPolicy
    }

    var socketPath = "/run/loopcsi/csi.sock"
    var nodeID = ""
    var driverName = "loop.csi.local"
    var pools: [PoolOptions] = []
    var paths: PathPolicy
    /// No file system is kept frozen longer.
    var freezeLimitSeconds = 10.0
    var logFormat = LogFormat.logfmt
    var logLevel = LogLevel.info

    static let flags = [
        "endpoint", "node-id", "pool", "driver-name", "kubelet-root", "role", "freeze-limit", "log-format",
        "log-level",
    ]

    /// Reads the flags of `loopcsi serve` and their environment twins; everything has a default.
    init(
        _ arguments: [String], environment: @escaping (String) -> String? = HostIdentity.environment
    ) throws(UsageError) {
        let flags = try Flags(arguments, known: Self.flags, environment: environment)
        guard flags.words.isEmpty else { throw UsageError("unexpected word '\(flags.words[0])'") }
        if let endpoint = flags.one("endpoint") ?? environment("CSI_ENDPOINT") {
            socketPath = try Self.socket(endpoint)
        }
        paths = try Self.paths(flags.one("kubelet-root"))
        nodeID = try Self.nodeID(flags.one("node-id") ?? HostIdentity.nodeName ?? "")
        if let name = flags.one("driver-name") { driverName = try Self.driverName(name) }
        let specs = flags.all("pool")
        for spec in specs.isEmpty ? ["default=/var/lib/loopcsi"] : specs {
            pools.append(try PoolOptions(spec))
        }
        guard Set(pools.map(\.name)).count == pools.count, Set(pools.map(\.path)).count == pools.count else {
            throw UsageError("--pool: two pools have the same name or folder")
        }
        if let role = flags.one("role"), role != "all" {
            throw UsageError("--role '\(role)' is not offered; the one role is all")
        }
        if let limit = flags.one("freeze-limit") {
            guard let seconds = Int(limit), (1...60).contains(seconds) else {
                throw UsageError("--freeze-limit '\(limit)': use 1 to 60 seconds")
            }
            freezeLimitSeconds = Double(seconds)
        }
        if let format = flags.one("log-format") {
            guard let known = LogFormat(rawValue: format) else {
                throw UsageError("--log-format '\(format)': use logfmt or json")
            }
            logFormat = known
        }
        if let level = flags.one("log-level") {
            guard let known = LogLevel(rawValue: level) else {
                throw UsageError("--log-level '\(level)': use debug, info, warning or error")
            }
            logLevel = known
        }
    }

    /// The path of a `unix://` endpoint.
    static func socket(_ endpoint: String) throws(UsageError) -> String {
        let path = endpoint.hasPrefix("unix://") ? String(endpoint.dropFirst(7)) : endpoint
        guard path.hasPrefix("/") else {
            throw UsageError("--endpoint '\(endpoint)': use unix:///absolute/path/name.sock")
        }
        return path
    }

    /// CSI 1.x, NodeGetInfo: a node id has at most 256 bytes.
    private static func nodeID(_ text: String) throws(UsageError) -> String {
        guard !text.isEmpty, text.utf8.count <= 256 else {
            throw UsageError("--node-id needs a name of 1 to 256 bytes")
        }
        return text
    }

    /// Lower-case DNS form, as Kubernetes wants for CSIDriver objects; the topology prefix is nine bytes longer.
    private static func driverName(_ text: String) throws(UsageError) -> String {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isLegal =
            text.utf8.count <= 54 && text.first?.isLetter == true && text.last?.isLetter == true
            && labels.allSatisfy { label in
                !label.isEmpty && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { byte in
                        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
                    }
            }
        guard isLegal else {
            throw UsageError(
                "--driver-name '\(text)': use lower-case letters, digits, dots and dashes, at most 54 bytes, "
                    + "beginning and ending with a letter")
        }
        return text
    }

    /// With an explicit root every path must lie below it; else kubelet's usual one is only where links are trusted.
    private static func paths(_ root: String?) throws(UsageError) -> PathPolicy {
        let text = root ?? "/var/lib/kubelet"
        do {
            let path = try HostPath(text, field: "--kubelet-root")
            let resolved = HostIdentity.resolved(path.text) ?? path.text
            return PathPolicy(
                root: path, resolvedRoot: try HostPath(resolved, field: "--kubelet-root"),
                isExclusive: root != nil)
        } catch {
            throw UsageError(error.summary)
        }
    }

    /// Makes the folder of the socket if only that is missing, as on a first start.
    func makeSocketFolder() throws(SystemError) {
        guard let socket = TargetPath(socketPath), let folder = TargetPath(socket.parent) else { return }
        if try FileStatus.at(folder.text) == nil {
            _ = try Directory.open(folder.parent).ensure(folder.name, mode: 0o750)
        }
    }
}

extension ServeOptions.PoolOptions {
    /// Reads `name=/folder[,reserve=5%][,overcommit=1.5][,low=15%][,critical=5%]`.
    init(_ spec: String) throws(UsageError) {
        let parts = spec.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let head = parts[0].split(separator: "=", maxSplits: 1).map(String.init)
        guard head.count == 2, let name = PoolName(head[0]), let path = TargetPath(head[1]) else {
            throw UsageError(
                "--pool '\(spec)': use name=/absolute/folder[,reserve=5%][,overcommit=1.5][,low=15%][,critical=5%]; a name has lower-case "
                    + "letters, digits and dashes")
        }
        var reserve = CapacityPolicy.standard.reserve
        var overcommit = CapacityPolicy.standard.overcommitThousandths
        var low = CapacityPolicy.standard.lowPercent
        var critical = CapacityPolicy.standard.criticalPercent
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            switch pair.count == 2 ? pair[0] : "" {
            case "reserve": reserve = try Self.reserve(pair[1])
            case "overcommit": overcommit = try Self.overcommit(pair[1])
            case "low": low = try Self.percent(pair[1], of: "low")
            case "critical": critical = try Self.percent(pair[1], of: "critical")
            default:
                throw UsageError(
                    "--pool '\(spec)': '\(part)' is not reserve=, overcommit=, low= or critical=")
            }
        }
        self.init(
            name: name, path: path.text,
            policy: CapacityPolicy(
                reserve: reserve, overcommitThousandths: overcommit, lowPercent: low,
                criticalPercent: critical))
    }

    /// A whole number of percent, 0 to 90.
    private static func percent(_ text: String, of key: String) throws(UsageError) -> Int64 {
        guard text.hasSuffix("%"), let percent = Int64(text.dropLast()), (0...90).contains(percent) else {
            throw UsageError("\(key) '\(text)': use 0% to 90%")
        }
        return percent
    }

    /// `5%`, or bytes with an optional KiB, MiB, GiB or TiB.
    private static func reserve(_ text: String) throws(UsageError) -> CapacityPolicy.Reserve {
        if text.hasSuffix("%"), let percent = Int64(text.dropLast()), (0...90).contains(percent) {
            return .percent(percent)
        }
        for (suffix, shift) in [("KiB", Int64(10)), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("", 0)]
        where text.hasSuffix(suffix) {
            guard let count = Int64(text.dropLast(suffix.count)), count >= 0, count < Int64.max >> shift,
                let bytes = ByteCount(count << shift)
            else { break }
            return .bytes(bytes)
        }
        throw UsageError("reserve '\(text)': use 0% to 90%, or bytes such as 1073741824 or 10GiB")
    }

    /// A ratio from 1 to 100 with up to three decimals.
    private static func overcommit(_ text: String) throws(UsageError) -> Int64 {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? String(parts[1]) : "0"
        let padded = decimals + String(repeating: "0", count: max(0, 3 - decimals.utf8.count))
        guard let whole = Int64(parts[0]), (1...100).contains(whole), padded.utf8.count == 3,
            padded.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let fraction = Int64(padded)
        else { throw UsageError("overcommit '\(text)': use a ratio from 1 to 100, such as 1.5") }
        return whole * 1000 + fraction
    }
}
