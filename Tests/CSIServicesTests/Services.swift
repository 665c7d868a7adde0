import CSIServices
import CSIWire
import Log
import Synchronization
import Testing
import Volumes
import VolumesTestSupport

/// The services on fakes, called with the bytes that a server would hand them.
struct Services: Sendable {
    let driver: FakeDriver
    let lines = Lines()
    private let handlers: [String: CSIHandler]

    init(
        _ driver: FakeDriver, paths: PathPolicy? = nil,
        readiness: @escaping @Sendable () throws(VolumeFault) -> Bool
    ) throws {
        self.driver = driver
        let paths =
            try paths
            ?? PathPolicy(root: HostPath("/kubelet"), resolvedRoot: HostPath("/kubelet"), isExclusive: false)
        let all =
            ControllerService(catalog: driver.catalog, node: driver.volumes).handlers
            + GroupControllerService(catalog: driver.catalog).handlers
            + NodeService(
                nodeID: "node-1", volumes: driver.volumes, topology: { [driver] in driver.catalog.topology },
                paths: paths
            ).handlers
            + IdentityService(
                driverName: "loop.test", version: "1.2.3",
                manifest: NodeManifest(
                    node: "node-1", boot: "b", defaultPool: driver.store.pool.name,
                    pools: { [stores = driver.stores] in
                        stores.map {
                            NodeManifest.Pool(
                                name: $0.pool.name, id: $0.pool.id, isShared: $0.pool.isShared,
                                isThere: !$0.isInTrouble)
                        }
                    }),
                readiness: readiness
            ).handlers
        handlers = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })
    }

    init(_ driver: FakeDriver? = nil) throws {
        try self.init(driver ?? FakeDriver()) { () throws(VolumeFault) in true }
        self.driver.makeFolders("/kubelet", "/kubelet/staging", "/kubelet/pods")
    }

    /// The method with that path.
    func handler(_ path: String) -> CSIHandler? { handlers[path] }

    /// The paths of all methods.
    var paths: Set<String> { Set(handlers.keys) }

    /// The paths of the methods that must answer while every worker is stuck.
    var quickPaths: Set<String> { Set(handlers.values.filter(\.isQuick).map(\.path)) }

    /// Sends the request and reads the reply.
    @discardableResult
    func call<Request: CSIRequest>(_ request: Request) throws -> Request.Reply {
        let handler = try #require(handlers[Request.path])
        return try Request.Reply(decoding: handler.run(request.encoded(), log: lines.logger) { 0 })
    }

    /// How the call ends, and what it says if it fails.
    func outcome<Request: CSIRequest>(_ request: Request) throws -> (code: CSICode, message: String) {
        do {
            try call(request)
            return (.ok, "")
        } catch let status as CSIStatus {
            return (status.code, status.message)
        }
    }

    func code<Request: CSIRequest>(_ request: Request) throws -> CSICode { try outcome(request).code }

    /// The answer to bytes that may be no message at all.
    func run(_ path: String, _ bytes: [UInt8]) throws -> CSICode {
        do {
            _ = try #require(handlers[path]).run(bytes, log: lines.logger) { 0 }
            return .ok
        } catch let status as CSIStatus {
            return status.code
        }
    }

    /// Creates a volume and gives its handle.
    func create(_ name: String = "pvc-1", _ capability: CSI.VolumeCapability = .writer) throws -> String {
        try #require(
            call(
                CSI.CreateVolumeRequest(
                    name: name, capacityRange: CSI.CapacityRange(requiredBytes: 1 << 30),
                    volumeCapabilities: [capability])
            ).volume
        ).volumeID
    }
}

extension CSI.VolumeCapability {
    /// A mounted file system for one node.
    static let writer = CSI.VolumeCapability(access: .mount(), mode: .singleNodeWriter)
    /// A raw disk for one node.
    static let disk = CSI.VolumeCapability(access: .block, mode: .singleNodeWriter)
}

/// A sink for log lines, with a clock that stands still.
final class Lines: Sendable {
    private let written = Mutex<[String]>([])

    var logger: Logger {
        Logger(
            format: .logfmt, minimum: .debug, clock: { Timestamp(millisecondsSinceEpoch: 0) },
            sink: { line in self.written.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
    }

    var all: [String] { written.withLock { $0 } }
    var last: String { all.last ?? "" }
}
