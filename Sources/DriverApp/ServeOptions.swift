import CSIServices
import HTTPServer
import LinuxHost
import Log
import Pool
import Volumes

/// How to serve.
package struct ServeOptions: Sendable {
    var socketPath = "/run/loopcsi/csi.sock"
    /// One more socket, without the Node service, if there is to be one.
    var controllerSocketPath: String?
    var role = Role.all
    var nodeID = ""
    var driverName = "loop.csi.local"
    var pools: [PoolOptions] = []
    var paths: PathPolicy
    /// Kubelet's folder, where the operator names it.
    var kubeletRoot: HostPath?
    /// No file system is kept frozen longer.
    var freezeLimitSeconds = 10.0
    /// Bounds of this node.
    var limits = NodeLimits()
    /// Where it is remembered which pools were served.
    var stateFolder = PoolMemory.usualFolder
    /// Where operators may look; nowhere by default.
    var metricsAddress: ListenAddress?
    var logFormat = LogFormat.logfmt
    var logLevel = LogLevel.info

    /// The names of all flags.
    static let flags = FlagHelp.serve.map(\.name)

    /// Reads the flags of `loopcsi serve` and their environment twins; everything has a default.
    init(
        _ arguments: [String], environment: @escaping (String) -> String? = HostIdentity.environment
    ) throws(UsageError) {
        let flags = try Flags(arguments, known: Self.flags, environment: environment)
        guard flags.words.isEmpty else { throw UsageError("unexpected word '\(flags.words[0])'") }
        if let endpoint = flags.one("endpoint") ?? environment("CSI_ENDPOINT") {
            socketPath = try Self.socket(endpoint)
        }
        if let endpoint = flags.one("controller-endpoint") {
            let path = try Self.socket(endpoint, flag: "controller-endpoint")
            guard path != socketPath else {
                throw UsageError(
                    "--controller-endpoint '\(endpoint)': it is the socket of --endpoint already")
            }
            controllerSocketPath = path
        }
        role = try Self.role(flags)
        (paths, kubeletRoot) = try Self.paths(flags.one("kubelet-root"))
        nodeID = try Self.nodeID(flags.one("node-id") ?? HostIdentity.nodeName ?? "")
        if let name = flags.one("driver-name") { driverName = try Self.driverName(name) }
        pools = try Self.pools(flags)
        if let folder = flags.one("state-dir") {
            guard let place = TargetPath(folder) else {
                throw UsageError("--state-dir '\(folder)': use an absolute folder")
            }
            stateFolder = place.text
        }
        if let limit = flags.one("freeze-limit") {
            guard let seconds = Int(limit), (1...60).contains(seconds) else {
                throw UsageError("--freeze-limit '\(limit)': use 1 to 60 seconds")
            }
            freezeLimitSeconds = Double(seconds)
        }
        limits = try Self.limits(flags, pools)
        if let text = flags.one("metrics-address") {
            guard let address = ListenAddress(text) else {
                throw UsageError(
                    "--metrics-address '\(text)': use :9808, 127.0.0.1:9808 or [::1]:9808, as no name is looked up"
                )
            }
            metricsAddress = address
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

    private static func limits(
        _ flags: Flags, _ pools: [PoolOptions]
    ) throws(UsageError) -> NodeLimits {
        var inlineSize = NodeLimits().inlineSize
        if let text = flags.one("inline-limit") {
            guard let size = ByteCount(quantity: text) else {
                throw UsageError(
                    "--inline-limit '\(text)': use an amount such as 10GiB, or 0 for no inline volumes")
            }
            inlineSize = size
        }
        if pools.allSatisfy({ $0.policy.inlinePercent == 0 }) { inlineSize = .zero }
        var volumes: Int64 = 0
        if let text = flags.one("max-volumes") {
            // CSINode holds it as a 32-bit number (Kubernetes 1.36).
            guard let count = Int32(text), count >= 0 else {
                throw UsageError("--max-volumes '\(text)': use a number of volumes, or 0 for no limit")
            }
            volumes = Int64(count)
        }
        return NodeLimits(volumes: volumes, inlineSize: inlineSize)
    }

    /// The path of a `unix://` endpoint.
    static func socket(_ endpoint: String, flag: String = "endpoint") throws(UsageError) -> String {
        let path = endpoint.hasPrefix("unix://") ? String(endpoint.dropFirst(7)) : endpoint
        guard path.hasPrefix("/") else {
            throw UsageError("--\(flag) '\(endpoint)': use unix:///absolute/path/name.sock")
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
    static func driverName(_ text: String) throws(UsageError) -> String {
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
    private static func paths(_ root: String?) throws(UsageError) -> (PathPolicy, HostPath?) {
        let text = root ?? "/var/lib/kubelet"
        do {
            let path = try HostPath(text, field: "--kubelet-root")
            let resolved = HostIdentity.resolved(path.text) ?? path.text
            let place = try HostPath(resolved, field: "--kubelet-root")
            return (
                PathPolicy(root: path, resolvedRoot: place, isExclusive: root != nil),
                root == nil ? nil : place
            )
        } catch {
            throw UsageError(error.summary)
        }
    }

    /// Makes the folders of the sockets if only they are missing, as on a first start.
    func makeSocketFolders() throws(SystemError) {
        for path in [socketPath, controllerSocketPath] {
            guard let socket = path.flatMap(TargetPath.init), let folder = TargetPath(socket.parent)
            else { continue }
            if try FileStatus.at(folder.text) == nil {
                _ = try Directory.open(folder.parent).ensure(folder.name, mode: 0o750)
            }
        }
    }
}
