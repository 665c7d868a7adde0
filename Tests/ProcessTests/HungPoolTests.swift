import CSIWire
import LinuxHost
import TestSupport
import Testing

/// Two pools of one driver, `default` on a file system of its own that a test freezes, and `b` beside it.
private struct TwoPools {
    let rig: Rig
    let frozen: TestPool

    static func run(_ filesystem: TestPool.Filesystem, _ body: (TwoPools) throws -> Void) throws {
        try Rig.run(.init(filesystem: filesystem, flags: Operator.flags, starts: false)) { rig in
            let pools = TwoPools(rig: rig, frozen: try #require(rig.poolFilesystem))
            try rig.launch(pools: ["default=\(rig.poolFolder)", "b=\(rig.path)/b"]).waitUntilReady()
            try body(pools)
        }
    }

    /// Runs the body while the first pool's file system is frozen.
    func whileFrozen(_ body: () throws -> Void) throws {
        try Host.run("fsfreeze", "--freeze", frozen.path)
        do {
            try body()
        } catch {
            try Host.run("fsfreeze", "--unfreeze", frozen.path)
            throw error
        }
        try Host.run("fsfreeze", "--unfreeze", frozen.path)
    }

    /// Begins so many calls that hang in the frozen pool, and returns once each of their callers has given up.
    func fill<Request: CSIRequest>(
        _ count: Int, _ request: @escaping @Sendable (Int) -> Request
    ) throws {
        let client = rig.client
        let codes = try together(count) { try client.outcome(of: request($0), within: 2).code }
        let allowed: Set<CSICode> = [.deadlineExceeded, .unavailable, .cancelled, .aborted]
        #expect(Set(codes).isSubset(of: allowed), "\(codes)")
    }

    /// A life in the other pool, all of it.
    func useOther(_ name: String = "other") throws {
        let life = try Life(rig, .ext4, name: name, parameters: ["pool": "b"])
        try life.stage()
        try life.publish()
        try life.unpublish()
        try life.unstage()
        try life.delete()
    }

    func capacity(of pool: String) throws -> Int64 {
        try rig.client.call(CSI.GetCapacityRequest(parameters: ["pool": pool])).availableCapacity
    }

    /// Waits until no call of the driver is under way.
    func settle() throws {
        let page = try Operator(rig)
        _ = try page.scrape { try $0.value("loopcsi_calls_in_flight") == 0 }
    }
}

@Suite("A pool that hangs", .requiresRoot)
struct HungPoolTests {
    @Test(
        "However many calls hang in one pool, the other is served, the pages name the first, and nothing is left",
        arguments: [(TestPool.Filesystem.ext4, 16), (.xfs, 64), (.btrfs, 20)])
    func creations(filesystem: TestPool.Filesystem, count: Int) throws {
        try TwoPools.run(filesystem) { pools in
            let rig = pools.rig
            let page = try Operator(rig)
            let published = try Life.published(rig, .ext4, name: "published", parameters: ["pool": "b"])
            try pools.whileFrozen {
                try pools.fill(count) {
                    Kind.block.create("hung-\($0)", bytes: 4 << 20)
                }
                try pools.useOther()
                #expect(try pools.capacity(of: "b") > 0)
                _ = try rig.client.call(CSI.ProbeRequest())
                try waitUntil("the page names the pool and the step") {
                    let text = try page.get("/healthz").body
                    return text.contains("pool default") && text.contains("CreateVolume of hung-")
                }
                let figures = try page.scrape {
                    try $0.value("loopcsi_calls_hung", ["pool": "default"]) ?? 0 >= 16
                }
                #expect(try figures.value("loopcsi_calls_hung", ["pool": "b"]) == 0)
                #expect(try figures.value("loopcsi_pool_up", ["pool": "default"]) == 0)
                #expect(try figures.value("loopcsi_pool_up", ["pool": "b"]) == 1)
                let hung = ["pool": "default", "state": "hung"]
                #expect(try figures.value("loopcsi_pool_state", hung) == 1)
                // All threads of the pool hang and it is known: nobody waits for it any more.
                let refused = try rig.client.outcome(
                    of: Kind.block.create("late", bytes: 4 << 20), within: 30)
                #expect(
                    refused.code == .unavailable && refused.message.contains("CreateVolume"), "\(refused)")
                try pools.useOther("again")
                try published.unpublish()
                try published.unstage()
                try published.delete()
            }
            try pools.settle()
            #expect(try page.get("/healthz").status == 200)
            let after = try page.scrape { try $0.value("loopcsi_pool_up", ["pool": "default"]) == 1 }
            #expect(
                try after.value("loopcsi_pool_state", ["pool": "default", "state": "served"]) == 1)
            for entry in try rig.client.call(CSI.ListVolumesRequest()).entries {
                let id = try #require(entry.volume?.volumeID)
                #expect(id.contains(".hung-"))
                _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: id))
            }
            try Life(rig, .ext4, name: "afterwards").delete()
        }
    }

    @Test("Deletions, snapshots, copies and growths that hang take nothing from the other pool either")
    func others() throws {
        try TwoPools.run(.xfs) { pools in
            let rig = pools.rig
            let lives = try (0..<8).map { try Life(rig, .block, name: "v\($0)", bytes: 4 << 20) }
            let ids = lives.map(\.id)
            let copied = try lives[0].cut().snapshotID
            try pools.whileFrozen {
                try pools.fill(8) { CSI.DeleteVolumeRequest(volumeID: ids[$0]) }
                try pools.fill(8) { CSI.CreateSnapshotRequest(sourceVolumeID: ids[$0], name: "s\($0)") }
                try pools.fill(8) {
                    Kind.block.create("c\($0)", bytes: 4 << 20, from: .snapshot(id: copied))
                }
                try pools.fill(8) {
                    CSI.ControllerExpandVolumeRequest(
                        volumeID: ids[$0], capacityRange: CSI.CapacityRange(requiredBytes: 8 << 20))
                }
                try pools.useOther()
                #expect(try pools.capacity(of: "b") > 0)
                _ = try rig.client.call(CSI.GetCapacityRequest())
                _ = try rig.client.call(CSI.ProbeRequest())
            }
            try pools.settle()
            for snapshot in try rig.client.call(CSI.ListSnapshotsRequest()).entries {
                _ = try rig.client.call(
                    CSI.DeleteSnapshotRequest(snapshotID: snapshot.snapshot?.snapshotID ?? ""))
            }
            for volume in try rig.client.call(CSI.ListVolumesRequest()).entries {
                _ = try rig.client.call(
                    CSI.DeleteVolumeRequest(volumeID: volume.volume?.volumeID ?? ""))
            }
            try waitUntil("the trash is empty") { try rig.files() == [] }
        }
    }
}
