import LinuxHost
import Log
import Pool
import TestSupport
import Volumes
import VolumesTestSupport

/// A logger that keeps quiet.
let quiet = Logger(format: .logfmt, minimum: .error, sink: { _ in })

/// A pool in a temporary folder of the host's own file system, or on a file system of its own.
struct PoolRig {
    let path: String
    let pool: DiskPool
    private let owner: AnyObject

    init() throws {
        let folder = try TemporaryFolder()
        try self.init(path: "\(folder.path)/pool", owner: folder)
    }

    init(on filesystem: TestPool.Filesystem, bytes: Int64 = 1 << 30) throws {
        let disk = try TestPool(filesystem, bytes: bytes)
        try self.init(path: "\(disk.path)/pool", owner: disk)
    }

    private init(path: String, owner: AnyObject) throws {
        self.path = path
        self.owner = owner
        pool = try Self.open(path)
    }

    static func open(_ path: String) throws -> DiskPool {
        try DiskPool.open(path, name: known(PoolName("test")), log: quiet)
    }

    /// The pool as the next run of the driver sees it.
    func reopened() throws -> DiskPool { try Self.open(path) }

    func folder(_ name: String = "") throws -> Directory { try Directory.open("\(path)/\(name)") }

    func record(
        _ name: String = "vol", _ kind: VolumeKind = .block, size: ByteCount = .mebibytes(16),
        provisioning: Provisioning = .thick, parameters: [String: String] = [:]
    ) throws -> VolumeRecord {
        VolumeRecord(
            id: VolumeID(pool: pool.pool.id, name: VolumeName(for: name, sha256Hex: fakeDigest)),
            requestedName: name,
            size: size, kind: kind, provisioning: provisioning, sectorBytes: 4096,
            parameters: try VolumeParameters(parameters), created: "2026-01-02T03:04:05Z")
    }

    func created(
        _ name: String = "vol", _ kind: VolumeKind = .block, size: ByteCount = .mebibytes(16),
        provisioning: Provisioning = .thick
    ) throws -> VolumeRecord {
        let record = try record(name, kind, size: size, provisioning: provisioning)
        try pool.create(record, from: .fresh)
        return record
    }

    /// The names of what lies in a folder of the pool.
    func entries(_ name: String) throws -> [String] { try folder(name).entries().sorted() }
}
