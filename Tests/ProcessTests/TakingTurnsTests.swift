import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Calls on one volume take turns", .requiresRoot)
struct TakingTurnsTests {
    @Test(
        "Twenty pods of one volume come and go at once, and no call is told to come back",
        arguments: [Kind.xfs, .block])
    func targets(kind: Kind) throws {
        try Rig.run { rig in
            let client = rig.client
            let life = try Life(rig, kind)
            try Host.makeFolder(life.staging)
            _ = try client.call(life.stageRequest(.singleNodeMultiWriter))
            let (id, staging, path) = (life.id, life.staging, rig.path)
            let capability = kind.capability(.singleNodeMultiWriter)
            for _ in 1...3 {
                let published = try together(20) {
                    try client.outcome(
                        of: CSI.NodePublishVolumeRequest(
                            volumeID: id, stagingTargetPath: staging, targetPath: "\(path)/t\($0)",
                            volumeCapability: capability), within: 30)
                }
                #expect(published.allSatisfy { $0.code == .ok }, "\(published)")
                let gone = try together(20) {
                    try client.outcome(
                        of: CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: "\(path)/t\($0)"),
                        within: 30)
                }
                #expect(gone.allSatisfy { $0.code == .ok }, "\(gone)")
            }
            try life.unstage()
            try life.delete()
        }
    }

    @Test("Ten copies of one mounted volume at once, and as many snapshots, are all made")
    func copies() throws {
        try Rig.run(.init(filesystem: .xfs, poolBytes: 2 << 30)) { rig in
            let client = rig.client
            let life = try Life.published(rig, .ext4, parameters: ["provisioning": "thin"])
            let id = life.id
            let copies = try together(10) {
                try client.outcome(
                    of: Kind.ext4.create(
                        "copy-\($0)", parameters: ["provisioning": "thin"], from: .volume(id: id)), within: 30
                )
            }
            #expect(copies.allSatisfy { $0.code == .ok }, "\(copies)")
            let cuts = try together(10) {
                try client.outcome(
                    of: CSI.CreateSnapshotRequest(sourceVolumeID: id, name: "snap-\($0)"), within: 30)
            }
            #expect(cuts.allSatisfy { $0.code == .ok }, "\(cuts)")
            for entry in try client.call(CSI.ListSnapshotsRequest()).entries {
                _ = try client.call(
                    CSI.DeleteSnapshotRequest(snapshotID: entry.snapshot?.snapshotID ?? ""))
            }
            try life.unpublish()
            try life.unstage()
            for entry in try client.call(CSI.ListVolumesRequest()).entries {
                _ = try client.call(CSI.DeleteVolumeRequest(volumeID: entry.volume?.volumeID ?? ""))
            }
            try waitUntil("the trash is empty") { try rig.files() == [] }
        }
    }
}
