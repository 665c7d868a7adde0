import LinuxHost
import Pool
import TestSupport
import Volumes
import VolumesTestSupport

/// Who keeps the promises of `VolumeStore` and `NodeHost`: memory, or disk and kernel.
enum Backend: String, CaseIterable, Sendable {
    case fake, kernel
}

/// A store and a node of either kind, with a folder for staging paths and targets.
struct Contract {
    let store: any VolumeStore
    let node: any NodeHost
    let volumes: NodeVolumes
    let catalog: Catalog
    let base: String
    private let owners: [AnyObject]

    init(_ backend: Backend) throws {
        let quieter: any Quieter
        switch backend {
        case .fake:
            let store = FakeStore(
                id: try known(PoolID("0123456789abcdef")), name: try known(PoolName("test")),
                total: .gibibytes(1))
            let node = FakeNode(stores: [store])
            base = "/base"
            node.change { $0.files["/base"] = .folder }
            self.store = store
            self.node = node
            quieter = FakeQuieter()
            owners = []
        case .kernel:
            // The pool is let go of last, with all that a failed test left on it; so the targets lie on it as well.
            let disk = try TestPool(.xfs)
            let pool = try DiskPool.open("\(disk.path)/pool", name: known(PoolName("test")), log: quiet)
            try disk.open().ensure("base", mode: 0o755)
            base = "\(disk.path)/base"
            store = pool
            let kernel = KernelNode(pools: [pool], log: quiet)
            node = kernel
            quieter = kernel
            owners = [disk]
        }
        catalog = try Catalog(
            pools: [(store, .standard)], quieter: quieter, inFlight: InFlight(), topologyPrefix: "t",
            sha256Hex: fakeDigest,
            now: { "2026-01-02T03:04:05Z" }, moment: { Moment(nanoseconds: Clock.wallNanoseconds) })
        volumes = NodeVolumes(catalog: catalog, host: node)
    }

    func path(_ name: String) throws -> HostPath { try HostPath("\(base)/\(name)") }

    /// Makes a folder, through the port.
    func folder(_ name: String) throws -> HostPath {
        let path = try path(name)
        _ = try node.ensureTarget(path, asFile: false)
        return path
    }

    func create(
        _ kind: VolumeKind = .filesystem(.ext4), _ name: String = "vol", size: ByteCount = .mebibytes(16)
    ) throws -> VolumeRecord {
        try catalog.create(
            CreateRequest(
                name: name, range: CapacityRange(requiredBytes: size.bytes, limitBytes: 0), kind: kind,
                parameters: VolumeParameters(["provisioning": "thin"])))
    }

    /// The folder of a volume on disk.
    func imageFolder(_ record: VolumeRecord) throws -> Directory {
        let pool = try known(store as? DiskPool)
        return try Directory.open("\(pool.path)/volumes/\(record.id.name)")
    }

    func view(_ id: VolumeID) throws -> VolumeOnNode { try known(node.observe([id]).first) }
}
