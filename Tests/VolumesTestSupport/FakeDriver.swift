import Synchronization
package import Volumes

/// A stand-in for SHA-256: 64 hex digits that differ where the texts do.
package func fakeDigest(_ text: String) -> String {
    var digits = ""
    for salt in 0..<4 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 &+ UInt64(salt)
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let part = String(hash, radix: 16)
        digits += String(repeating: "0", count: 16 - part.count) + part
    }
    return digits
}

/// The domain on fakes: one or more pools, a node, and the two objects that the services stand on.
package struct FakeDriver: Sendable {
    /// The pools, the default one first.
    package let stores: [FakeStore]
    /// The node.
    package let node: FakeNode
    /// Who holds volumes still while they are copied.
    package let quieter: FakeQuieter
    /// The volumes of the pools.
    package let catalog: Catalog
    /// The operations that are running.
    package let inFlight: InFlight
    /// The volumes on the node.
    package let volumes: NodeVolumes

    /// Reads the books of the pools anew, as a start of the driver does; kernel and pools stay as they are.
    package init(
        stores: [FakeStore], node: FakeNode? = nil, quieter: FakeQuieter = FakeQuieter(),
        policy: CapacityPolicy = .standard, bells: any TurnBells = NoTurnBells()
    ) throws(VolumeFault) {
        self.stores = stores
        self.node = node ?? FakeNode(stores: stores)
        inFlight = InFlight(bells: bells)
        self.quieter = quieter
        let clock = FakeClock()
        catalog = try Catalog(
            pools: stores.map { ($0, policy) }, quieter: quieter, inFlight: inFlight,
            topologyPrefix: "topology.test",
            sha256Hex: fakeDigest, now: { "2026-01-02T03:04:05Z" }, moment: { clock.next() })
        volumes = NodeVolumes(catalog: catalog, host: self.node)
    }

    /// Pools of 100 GiB with these names and the identities `0000000000000001` and so on.
    package init(
        pools names: [String] = ["default"], total: ByteCount = .gibibytes(100),
        provisioning: Provisioning = .thick, policy: CapacityPolicy = .standard
    ) throws {
        try self.init(
            stores: try names.enumerated().map { index, name in
                try FakeStore(
                    id: known(PoolID("000000000000000\(index + 1)")), name: known(PoolName(name)),
                    total: total,
                    defaultProvisioning: provisioning)
            }, policy: policy)
    }

    /// The default pool.
    package var store: FakeStore { stores[0] }

    /// Creates a volume with little ado.
    package func create(
        _ name: String = "pvc-1", _ kind: VolumeKind = .filesystem(.ext4), size: ByteCount = .gibibytes(1),
        parameters: [String: String] = [:]
    ) throws -> VolumeID {
        try catalog.create(
            CreateRequest(
                name: name, range: CapacityRange(requiredBytes: size.bytes, limitBytes: 0), kind: kind,
                parameters: VolumeParameters(parameters))
        ).id
    }

    /// Cuts a snapshot with little ado.
    package func cut(
        _ name: String = "snap-1", of source: VolumeID, _ consistency: Consistency = .frozen
    ) throws -> SnapshotRecord {
        try catalog.cut(SnapshotRequest(name: name, source: source, consistency: consistency))
    }

    /// Makes folders on the node, parents first.
    package func makeFolders(_ paths: String...) {
        node.change { kernel in
            for path in paths { kernel.files[path] = .folder }
        }
    }
}

/// A clock that goes on by a nanosecond with each look.
package final class FakeClock: Sendable {
    private let looks = Mutex<Int64>(0)

    /// Starts in 2026.
    package init() {}

    /// The next moment.
    package func next() -> Moment {
        looks.withLock { looks in
            looks += 1
            return Moment(nanoseconds: 1_767_323_045_000_000_000 + looks)
        }
    }
}

private struct NotThere: Error {}

/// The value, or an error for a test to fail with.
package func known<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw NotThere() }
    return value
}

extension HostPath {
    /// A path that a test knows to be well-formed.
    package init(_ text: String) throws { try self.init(text, field: "path") }
}

extension VolumeCapability {
    /// A mounted file system, whichever it is.
    package static func mount(
        _ mode: AccessMode = .singleNodeWriter, _ kind: FilesystemKind? = nil, flags: [String] = []
    ) -> VolumeCapability {
        VolumeCapability(access: .mount(kind, MountFlags(flags)), mode: mode)
    }

    /// A raw disk.
    package static func block(_ mode: AccessMode = .singleNodeWriter) -> VolumeCapability {
        VolumeCapability(access: .block, mode: mode)
    }
}
