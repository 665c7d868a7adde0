import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("One pool on several nodes", .requiresRoot)
struct SharedPoolTests {
    @Test("Both nodes tell of the pool under one id, and that it is shared")
    func manifest() throws {
        try Rig.runNodes { _, one, two in
            let manifests = try [one, two].map { try $0.client.call(CSI.GetPluginInfoRequest()).manifest }
            #expect(manifests.map { $0["node"] } == ["one", "two"])
            #expect(
                manifests.allSatisfy { $0["shared-pools"] == "default" && $0["default-pool"] == "default" })
            #expect(manifests[0]["pool.default"]?.utf8.count == 16)
            #expect(manifests[0]["pool.default"] == manifests[1]["pool.default"])
            #expect(manifests[0]["boot"] == manifests[1]["boot"] && manifests[0]["boot"]?.isEmpty == false)
            let segments = try [one, two].map {
                try $0.client.call(CSI.NodeGetInfoRequest()).accessibleTopology?.segments
            }
            #expect(segments[0] == segments[1])
        }
    }

    @Test(
        "What one node makes, grows and deletes the other sees at once, in lists and in what it has room for",
        arguments: [TestPool.Filesystem.xfs, .btrfs, .ext4])
    func bothSee(filesystem: TestPool.Filesystem) throws {
        try Rig.runNodes(filesystem) { rig, one, two in
            func room(_ node: TestNode) throws -> Int64 {
                try node.client.call(CSI.GetCapacityRequest(parameters: ["provisioning": "thin"]))
                    .availableCapacity
            }
            let before = try room(two)
            let life = try Life(rig, .block, parameters: ["provisioning": "thin"], by: one.client)
            #expect(try two.client.call(CSI.ControllerGetVolumeRequest(volumeID: life.id)).volume != nil)
            #expect(try two.client.call(CSI.ListVolumesRequest()).entries.count == 1)
            let made = try room(two)
            #expect(made < before)
            _ = try one.client.call(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: life.id, capacityRange: CSI.CapacityRange(requiredBytes: 256 << 20)))
            #expect(try room(two) <= made - (128 << 20))
            let volume = try two.client.call(CSI.ControllerGetVolumeRequest(volumeID: life.id)).volume
            #expect(volume?.capacityBytes == 256 << 20)
            _ = try two.client.call(life.deleteRequest)
            #expect(try one.client.call(CSI.ListVolumesRequest()).entries.isEmpty)
            #expect(try one.client.code(of: CSI.ControllerGetVolumeRequest(volumeID: life.id)) == .notFound)
            _ = try one.client.call(life.deleteRequest)
        }
    }

    @Test(
        "The same name asked for on both nodes at once is one volume, one snapshot and one group, in equal answers",
        arguments: [TestPool.Filesystem.xfs, .ext4])
    func sameName(filesystem: TestPool.Filesystem) throws {
        try Rig.runNodes(filesystem) { _, one, two in
            let nodes = [one, two]
            for round in 1...10 {
                let request = Kind.ext4.create("vol-\(round)", parameters: ["provisioning": "thin"])
                let volumes = try together(4) { try nodes[$0 % 2].settled(request).volume }
                let volume = try #require(volumes[0])
                #expect(volumes.allSatisfy { $0 == volume })
                let cut = CSI.CreateSnapshotRequest(sourceVolumeID: volume.volumeID, name: "snap-\(round)")
                let snapshots = try together(4) { try nodes[$0 % 2].settled(cut).snapshot }
                let snapshot = try #require(snapshots[0])
                #expect(snapshots.allSatisfy { $0 == snapshot })
                let all = CSI.CreateVolumeGroupSnapshotRequest(
                    name: "group-\(round)", sourceVolumeIDs: [volume.volumeID])
                let groups = try together(4) { try nodes[$0 % 2].settled(all).groupSnapshot }
                let group = try #require(groups[0])
                #expect(groups.allSatisfy { $0 == group })
                // Deleted on both at once as well.
                _ = try together(4) { number in
                    let node = nodes[number % 2]
                    _ = try node.settled(
                        CSI.DeleteVolumeGroupSnapshotRequest(
                            groupSnapshotID: group.groupSnapshotID,
                            snapshotIDs: group.snapshots.map(\.snapshotID)))
                    _ = try node.settled(CSI.DeleteSnapshotRequest(snapshotID: snapshot.snapshotID))
                    _ = try node.settled(CSI.DeleteVolumeRequest(volumeID: volume.volumeID))
                }
            }
            #expect(!one.process.log.contains("cannot be emptied"))
        }
    }

    @Test(
        "A volume in use on one node can be copied there, and on the other one neither used, copied nor deleted"
    )
    func inUse() throws {
        try Rig.runNodes { rig, one, two in
            let life = try Life(rig, .xfs, by: two.client)
            try one.stage(life)
            try Host.write("written", to: one.path("\(life.staging)/file"))
            let cut = CSI.CreateSnapshotRequest(sourceVolumeID: life.id, name: "snap")
            let clone = Kind.xfs.create("clone", from: .volume(id: life.id))
            let group = CSI.CreateVolumeGroupSnapshotRequest(name: "group", sourceVolumeIDs: [life.id])
            try two.client.refuses(life.deleteRequest, .failedPrecondition)
            try two.client.refuses(cut, .failedPrecondition, naming: "another node")
            try two.client.refuses(clone, .failedPrecondition, naming: "another node")
            try two.client.refuses(group, .failedPrecondition, naming: "another node")
            try two.client.refuses(life.stageRequest(), .failedPrecondition, naming: "node")
            try two.client.refuses(life.stageRequest(.multiNodeReaderOnly), .failedPrecondition)
            #expect(try two.client.call(CSI.ListSnapshotsRequest()).entries.isEmpty)
            // The condition tells of trouble, and being used elsewhere is none.
            let status = try two.client.call(CSI.ControllerGetVolumeRequest(volumeID: life.id)).status
            #expect(status?.volumeCondition?.abnormal == false)
            let snapshot = try #require(try one.client.call(cut).snapshot).snapshotID
            // A repeat finds it on any node.
            #expect(try two.client.call(cut).snapshot?.snapshotID == snapshot)
            // Growth by one node reaches the other's device.
            _ = try two.client.call(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: life.id, capacityRange: CSI.CapacityRange(requiredBytes: 384 << 20)))
            let grown = try one.client.call(
                CSI.NodeExpandVolumeRequest(
                    volumeID: life.id, volumePath: life.staging,
                    capacityRange: CSI.CapacityRange(requiredBytes: 384 << 20)))
            #expect(grown.capacityBytes == 384 << 20)
            try one.unstage(life)
            try two.stage(life)
            #expect(try Host.read(two.path("\(life.staging)/file")) == "written")
            try one.client.refuses(life.stageRequest(), .failedPrecondition)
            try two.unstage(life)
            _ = try one.client.call(CSI.DeleteSnapshotRequest(snapshotID: snapshot))
            _ = try one.client.call(life.deleteRequest)
        }
    }

    @Test(
        "A volume from a snapshot is read on several nodes at once, and has no writer meanwhile",
        arguments: [Kind.ext4, .xfs])
    func readers(kind: Kind) throws {
        try Rig.runNodes { rig, one, two in
            let source = try Life(rig, kind, name: "source", by: one.client)
            try one.stage(source)
            try Host.write("shared", to: one.path("\(source.staging)/file"))
            let snapshot = try #require(
                try one.client.call(
                    CSI.CreateSnapshotRequest(sourceVolumeID: source.id, name: "snap")
                ).snapshot
            ).snapshotID
            try one.unstage(source)
            let life = try Life(rig, kind, name: "copy", from: .snapshot(id: snapshot), by: two.client)
            try Host.makeFolder(life.staging)
            _ = try together(2) { number in
                let node = [one, two][number]
                _ = try node.settled(
                    life.stageRequest(.multiNodeReaderOnly),
                    // The one replays the log while the other looks.
                    besides: [.aborted, .failedPrecondition])
            }
            for node in [one, two] {
                #expect(try Host.read(node.path("\(life.staging)/file")) == "shared")
                #expect(try Host.refusesWrites(node.path(life.staging)))
                try node.client.refuses(life.deleteRequest, .failedPrecondition)
            }
            #expect(try life.devices().count == 2)
            try one.unstage(life)
            // The other one still reads.
            try one.client.refuses(life.stageRequest(), .failedPrecondition)
            try one.stage(life, .multiNodeReaderOnly)
            try two.unstage(life)
            try two.client.refuses(life.stageRequest(), .failedPrecondition)
            try one.unstage(life)
            try two.stage(life)
            try one.client.refuses(life.stageRequest(.multiNodeReaderOnly), .failedPrecondition)
            try two.unstage(life)
            for mode in [CSI.AccessMode.multiNodeSingleWriter, .multiNodeMultiWriter] {
                try one.client.refuses(life.stageRequest(mode), .invalidArgument, naming: "access_mode")
            }
            for volume in [life, source] { _ = try two.client.call(volume.deleteRequest) }
            _ = try two.client.call(CSI.DeleteSnapshotRequest(snapshotID: snapshot))
        }
    }

    @Test("A node that starts again and again takes nothing away that the other one is building")
    func restarts() throws {
        try Rig.runNodes(.ext4) { rig, one, two in
            let codes = try together(3) { number -> [CSICode] in
                if number == 2 {
                    for round in 1...8 {
                        let node = try rig.startNode("three-\(round)")
                        #expect(try node.process.stop() == .exited(0))
                    }
                    return []
                }
                let client = [one, two][number].client
                return try (1...20).flatMap { round in
                    let request = Kind.ext4.create(
                        "vol-\(number)-\(round)", parameters: ["provisioning": "thin"])
                    let id = try #require(try client.call(request).volume).volumeID
                    return [try client.code(of: CSI.DeleteVolumeRequest(volumeID: id))]
                }
            }
            #expect(codes.flatMap(\.self).allSatisfy { $0 == .ok })
        }
    }

    @Test("What a killed node was building is swept by the next start of another one")
    func killed() throws {
        try Rig.runNodes(.ext4) { rig, one, two in
            let staging = try Directory.open("\(rig.pool)/staging")
            var isCutOff = false
            for round in 1...20 where !isCutOff {
                let node = try rig.startNode("killed-\(round)")
                _ = try OwnThread.start(name: "creator") {
                    do {
                        _ = try node.client.call(Kind.xfs.create("vol", parameters: ["provisioning": "thin"]))
                    } catch {
                        // Its node was killed.
                    }
                }
                try waitUntil("something is being built") { try !staging.entries().isEmpty }
                node.process.kill9()
                isCutOff = try staging.entries().contains { !$0.hasSuffix(".lock") }
                let next = try rig.startNode("next")
                #expect(try staging.entries().isEmpty)
                #expect(try next.process.stop() == .exited(0))
            }
            #expect(isCutOff)
            for entry in try two.client.call(CSI.ListVolumesRequest()).entries {
                let id = try #require(entry.volume).volumeID
                _ = try one.client.call(CSI.DeleteVolumeRequest(volumeID: id))
            }
        }
    }
}

extension TestNode {
    /// Calls until the answer is not one after which callers try again.
    fileprivate func settled<Request: CSIRequest>(
        _ request: Request, besides codes: Set<CSICode> = [.aborted]
    ) throws -> Request.Reply {
        while true {
            do {
                return try client.call(request)
            } catch let status as CSIStatus where codes.contains(status.code) {
                Clock.sleep(nanoseconds: 5_000_000)
            }
        }
    }
}
