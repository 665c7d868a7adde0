import CSIWire
import LinuxHost
import TestSupport
import Testing

/// The disk below a pool is copied at the moment of an answer, as a power loss would leave it.
@Suite("What was answered is on disk", .requiresRoot)
struct DurabilityTests {
    /// Calls whose last fsync is the one that makes their change durable, and the number of it in the worker's life.
    enum Change: String, CaseIterable, CustomTestStringConvertible {
        case create, delete, cut, deleteSnapshot, cutGroup, deleteGroup, expand

        var testDescription: String { rawValue }

        var lastSync: Int {
            switch self {
            // Image, record, folder; then the folder that it was published in.
            case .create, .cut: 4
            // Image, record and folder of the member, record and folder of the group, the folder of groups.
            case .cutGroup: 6
            case .delete, .deleteSnapshot, .deleteGroup: 1
            // Image, record, folder.
            case .expand: 3
            }
        }
    }

    private let thin = ["provisioning": "thin"]

    @Test(
        "A repeat says what outlives a power loss, where the first call was killed before it was durable",
        arguments: Change.allCases, [TestPool.Filesystem.xfs, .ext4])
    func killed(change: Change, filesystem: TestPool.Filesystem) throws {
        try run(change, filesystem) { rig, repeated in
            let child = try rig.traced("fsync", "signal=KILL:when=\(change.lastSync)")
            #expect(throws: (any Error).self) { try repeated() }
            #expect(try child.waitForEnd() == .killed(9))
            try rig.start()
            try repeated()
        }
    }

    @Test(
        "A repeat says what outlives a power loss, where the fsync of the first call failed",
        arguments: Change.allCases, [TestPool.Filesystem.xfs, .ext4])
    func failed(change: Change, filesystem: TestPool.Filesystem) throws {
        try run(change, filesystem) { rig, repeated in
            let child = try rig.traced("fsync", "error=EIO:when=\(change.lastSync)")
            #expect(throws: CSIStatus.self) { try repeated() }
            // Each thread has a fault of its own to come.
            try waitUntil("the repeat succeeds") {
                do {
                    try repeated()
                    return true
                } catch is CSIStatus {
                    return false
                }
            }
            // Also what a failed deletion left behind.
            try waitUntil("the trash is empty") { try rig.files().allSatisfy { !$0.hasPrefix("trash/") } }
            #expect(try child.stop() == .exited(0))
            try rig.start()
        }
    }

    private func run(
        _ change: Change, _ filesystem: TestPool.Filesystem,
        _ body: (Rig, _ repeated: @escaping () throws -> Void) throws -> Void
    ) throws {
        try Rig.run(.init(filesystem: filesystem, poolBytes: 512 << 20)) { rig in
            let vol = change == .create ? nil : try Life(rig, .block, parameters: thin)
            let id = vol?.id ?? ""
            let snapshot = change == .deleteSnapshot ? try vol?.cut() : nil
            let group = change == .deleteGroup ? try vol.map { try rig.cutGroup([$0]) } : nil
            #expect(try rig.driver.stop() == .exited(0))
            try TestTool.run("sync", ["--file-system", rig.pool])
            try body(rig) {
                switch change {
                case .create: _ = try rig.client.call(Kind.block.create("vol", parameters: thin))
                case .delete: _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: id))
                case .cut: _ = try vol?.cut()
                case .deleteSnapshot: try rig.deleteSnapshot(#require(snapshot))
                case .cutGroup: _ = try vol.map { try rig.cutGroup([$0]) }
                case .deleteGroup: try rig.deleteGroup(#require(group))
                case .expand:
                    _ = try rig.client.call(
                        CSI.ControllerExpandVolumeRequest(
                            volumeID: id, capacityRange: CSI.CapacityRange(requiredBytes: 128 << 20)))
                }
            }
            let left = try survivors(of: rig)
            switch change {
            case .create:
                #expect(left.contains("volumes/vol/volume.json") && left.contains("volumes/vol/image"))
            case .delete: #expect(!left.contains { $0.hasPrefix("volumes/vol") })
            case .cut:
                #expect(
                    left.contains("snapshots/snap/snapshot.json") && left.contains("snapshots/snap/image"))
            case .deleteSnapshot: #expect(!left.contains { $0.hasPrefix("snapshots/snap") })
            case .cutGroup:
                #expect(left.contains("groups/group/group.json") && left.contains("groups/group/0/image"))
            case .deleteGroup: #expect(!left.contains { $0.hasPrefix("groups/group") })
            case .expand: #expect(left.contains("size \(128 << 20)") && left.contains("image \(128 << 20)"))
            }
            try end(rig)
        }
    }

    /// What is in the pool on a copy of its disk as it is now, and the sizes of the volume.
    private func survivors(of rig: Rig) throws -> [String] {
        let disk = try #require(rig.poolFilesystem)
        let option = disk.filesystem == .xfs ? ",nouuid" : ""
        let script = """
            set -e; mkdir copy; cp --sparse=always \(disk.path)/../pool.img copy.img
            mount -o loop\(option) copy.img copy
            cd copy/pool; find volumes snapshots groups | sort
            sed -n 's/.*"sizeBytes" : \\([0-9]*\\).*/size \\1/p' volumes/vol/volume.json || true
            stat -c 'image %s' volumes/vol/image || true
            """
        let sh = try #require(Tool.find("sh"))
        let result = try sh.run(
            [
                "-c",
                "cd \(rig.path); (\(script)) > survivors; S=$?; umount copy; rm -f copy.img; rmdir copy; exit $S",
            ], deadlineSeconds: 120)
        #expect(result.exitStatus == 0, "\(result)")
        return try Host.read("\(rig.path)/survivors").split(separator: "\n").map(String.init)
    }

    private func end(_ rig: Rig) throws {
        for snapshot in try rig.snapshots().entries.compactMap(\.snapshot)
        where snapshot.groupSnapshotID.isEmpty {
            try rig.deleteSnapshot(snapshot)
        }
        let members = try rig.snapshots().entries.compactMap(\.snapshot)
        if let group = members.first?.groupSnapshotID {
            _ = try rig.client.call(
                CSI.DeleteVolumeGroupSnapshotRequest(
                    groupSnapshotID: group, snapshotIDs: members.map(\.snapshotID)))
        }
        for entry in try rig.client.call(CSI.ListVolumesRequest()).entries {
            _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: try #require(entry.volume).volumeID))
        }
        try waitUntil("the trash is empty") { try rig.files().isEmpty }
    }
}
