import CSIWire
import LinuxHost
import TestSupport
import Testing

/// Two pools of one driver, each on a file system of its own: "a", which gets into trouble, and "b", which is well.
struct PoolPair {
    let rig: Rig
    let disk: TestPool
    /// A volume of "a".
    let id: String

    /// Runs the body with a driver that has served both pools and has a volume in "a"; at the end all must be well again.
    static func run(
        on filesystem: TestPool.Filesystem = .ext4, bytes: Int64 = 512 << 20,
        _ body: (PoolPair) throws -> Void
    ) throws {
        let disk = try TestPool(filesystem, bytes: bytes)
        try Rig.run(.init(flags: Operator.flags, starts: false)) { rig in
            try rig.launch(pools: words(rig, disk)).waitUntilReady()
            let id = try #require(try rig.client.call(request("kept", "a")).volume).volumeID
            let pair = PoolPair(rig: rig, disk: disk, id: id)
            try body(pair)
            try waitUntil("all is well") { try Operator(rig).get("/healthz").status == 200 }
            // It is the same volume, not another one of that name.
            #expect(try rig.client.call(request("kept", "a")).volume?.volumeID == id)
            _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: id))
            #expect(try rig.driver.stop() == .exited(0))
        }
    }

    var folder: String { "\(disk.path)/pool" }
    var identity: String { "\(folder)/pool.json" }

    private static func words(_ rig: Rig, _ disk: TestPool) -> [String] {
        ["a=\(disk.path)/pool,reserve=0%", "b=\(rig.poolFolder)"]
    }

    static func request(_ name: String, _ pool: String) -> CSI.CreateVolumeRequest {
        Kind.block.create(name, bytes: 8 << 20, parameters: ["pool": pool, "provisioning": "thin"])
    }

    /// Starts the driver, which serves whatever it can.
    func start() throws { try rig.launch(pools: Self.words(rig, disk)).waitUntilReady() }

    /// Expects that "b" is served as ever.
    func expectOther() throws {
        #expect(try rig.client.call(CSI.ProbeRequest()).ready != false)
        #expect(try Operator(rig).get("/readyz").status == 200)
        let other = try #require(try rig.client.call(Self.request("other", "b")).volume).volumeID
        #expect(
            try rig.client.call(CSI.ListVolumesRequest()).entries.contains { $0.volume?.volumeID == other })
        _ = try rig.client.call(CSI.GetCapacityRequest(parameters: ["pool": "b"]))
        _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: other))
    }

    /// Expects that "a" is set aside: named by the page, neither missing nor deleted nor replaced by "b".
    func expectSetAside() throws {
        let page = try Operator(rig).get("/healthz")
        #expect(page.status == 503 && page.body.contains("pool a: "), "\(page)")
        #expect(!page.body.contains("pool b: "), "\(page)")
        let now = try Operator(rig).scrape { try $0.value("loopcsi_pool_up", ["pool": "a"]) == 0 }
        #expect(try now.value("loopcsi_pool_state", ["pool": "a", "state": "served"]) == 0)
        #expect(try now.value("loopcsi_pool_state", ["pool": "b", "state": "served"]) == 1)
        try rig.client.refuses(CSI.DeleteVolumeRequest(volumeID: id), .failedPrecondition)
        let unnamed = try rig.client.code(of: Kind.block.create("unnamed", bytes: 8 << 20))
        #expect([.resourceExhausted, .failedPrecondition].contains(unnamed), "\(unnamed)")
        let segments = try rig.client.call(CSI.NodeGetInfoRequest()).accessibleTopology?.segments ?? [:]
        #expect(segments.count == 2, "\(segments)")
    }
}
