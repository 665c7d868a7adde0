import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Contract: staging and publishing", .requiresRoot)
struct NodeContractTests {
    @Test("Staging again in another way is ALREADY_EXISTS, and the mount stays", arguments: Kind.allCases)
    func stagedDifferently(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try life.stage()
            try rig.client.refuses(life.stageRequest(.singleNodeReaderOnly), .alreadyExists)
            try rig.client.refuses(life.stageRequest(.singleNodeMultiWriter), .alreadyExists)
            if kind != .block {
                try rig.client.refuses(life.stageRequest(flags: ["noatime"]), .alreadyExists)
                #expect(try Host.mounts(at: life.staging) == 1)
            }
            #expect(try life.devices().count == 1)
            try life.stage()
            try life.end()
        }
    }

    @Test(
        "A capability that the volume does not have is FAILED_PRECONDITION at stage and publish",
        arguments: Kind.allCases)
    func wrongKind(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try Host.makeFolder(life.staging)
            for other in Kind.allCases where other != kind {
                var stage = life.stageRequest()
                stage.volumeCapability = other.capability()
                try rig.client.refuses(stage, .failedPrecondition)
            }
            #expect(try life.devices() == [])
            try life.stage()
            for other in Kind.allCases where other != kind {
                var publish = life.publishRequest()
                publish.volumeCapability = other.capability()
                try rig.client.refuses(publish, .failedPrecondition)
            }
            #expect(try !Host.exists(life.target))
            try life.end()
        }
    }

    @Test("Mount flags reach the mount, and bad ones are refused with nothing left")
    func mountFlags() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            try Host.makeFolder(life.staging)
            for flags in [["no-such-option"], ["bind"], ["remount"], ["move"], ["loop"], ["data=nonsense"]] {
                try rig.client.refuses(
                    life.stageRequest(flags: flags), .invalidArgument, naming: "mount_flags")
                #expect(try life.devices() == [])
                #expect(try Host.mounts(at: life.staging) == 0)
            }
            _ = try rig.client.call(life.stageRequest(flags: ["noatime", "nosuid"]))
            let mount = try #require(try MountTable.read().mounts(at: life.staging).last)
            #expect(mount.options.contains("noatime") && mount.options.contains("nosuid"))
            try life.end()
        }
    }

    @Test(
        "Publishing without staging, or from another place, is FAILED_PRECONDITION", arguments: Kind.allCases)
    func notStaged(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try Host.makeFolder(life.staging)
            try rig.client.refuses(life.publishRequest(), .failedPrecondition)
            var without = life.publishRequest()
            without.stagingTargetPath = ""
            try rig.client.refuses(without, .failedPrecondition, naming: "staging_target_path")
            try life.stage()
            try rig.client.refuses(
                life.publishRequest(from: "\(rig.path)/elsewhere"), .failedPrecondition)
            try rig.client.refuses(without, .failedPrecondition, naming: "staging_target_path")
            #expect(try !Host.exists(life.target))
            try life.end()
        }
    }

    @Test("Undoing what was never done succeeds and touches nothing of others", arguments: Kind.allCases)
    func undoing(kind: Kind) throws {
        try Rig.run { rig in
            let mine = try Life.published(rig, kind)
            let other = try Life(rig, kind, name: "other")
            // csi-sanity cleans up volumes in any state, at paths that may be another volume's.
            _ = try rig.client.call(other.unpublishRequest(at: mine.target))
            _ = try rig.client.call(other.unstageRequest(at: mine.staging))
            for id in ["unknown", "0123456789abcdef.unknown", "\(mine.id.prefix(16)).unknown"] {
                _ = try rig.client.call(CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: mine.target))
                _ = try rig.client.call(
                    CSI.NodeUnstageVolumeRequest(volumeID: id, stagingTargetPath: mine.staging))
            }
            try other.end()
            #expect(try Host.mounts(at: mine.target) == 1)
            #expect(try mine.devices().count == 1)
            #expect(try mine.stats().usage.isEmpty == false)
            try mine.end()
            try Host.makeFolder(mine.target)
            // An empty target that a crash left goes away.
            try mine.unpublish()
            #expect(try !Host.exists(mine.target))
        }
    }

    @Test("A second volume cannot be staged or published where another one is")
    func occupied() throws {
        try Rig.run { rig in
            let mine = try Life.published(rig)
            let other = try Life(rig, name: "other")
            try rig.client.refuses(other.stageRequest(at: mine.staging), .alreadyExists)
            #expect(try other.devices() == [])
            try other.stage()
            try rig.client.refuses(other.publishRequest(at: mine.target), .alreadyExists)
            #expect(try Host.mounts(at: mine.target) == 1)
            try other.end()
            try mine.end()
        }
    }

    @Test("Statistics are there for each path of the volume and no other", arguments: Kind.allCases)
    func stats(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            let stats = try life.stats()
            #expect(stats.volumeCondition?.abnormal == false)
            #expect(stats.usage[0].unit == .bytes)
            #expect(stats.usage[0].total <= kind.bytes && stats.usage[0].total > kind.bytes / 4)
            if kind == .block {
                #expect(stats.usage.map(\.total) == [kind.bytes])
            } else {
                #expect(stats.usage[1].unit == .inodes)
                #expect(stats.usage.allSatisfy { $0.total >= 0 && $0.used >= 0 && $0.available >= 0 })
            }
            #expect(try life.stats(at: life.staging).usage[0].total == stats.usage[0].total)
            func refused(_ id: String, _ path: String) throws {
                try rig.client.refuses(
                    CSI.NodeGetVolumeStatsRequest(volumeID: id, volumePath: path), .notFound)
                try rig.client.refuses(CSI.NodeExpandVolumeRequest(volumeID: id, volumePath: path), .notFound)
            }
            for path in ["some/path", rig.path, "/", "\(rig.path)/nothing", "\(life.target)/..", "/dev/null"]
            {
                try refused(life.id, path)
            }
            try refused("unknown", "some/path")
            try refused("unknown", life.target)
            try life.unpublish()
            try refused(life.id, life.target)
            try life.end()
        }
    }

    @Test("A target that holds something foreign is neither covered nor removed")
    func foreignTarget() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            try life.stage()
            try Host.makeFolder(life.target)
            try Host.write("precious", to: "\(life.target)/file")
            try rig.client.refuses(life.unpublishRequest(), .failedPrecondition)
            #expect(try Host.read("\(life.target)/file") == "precious")
            try Host.removeTree(life.target)
            try Host.write("precious", to: life.target)
            try rig.client.refuses(life.publishRequest(), .failedPrecondition)
            #expect(try Host.read(life.target) == "precious")
            try Host.removeTree(life.target)
            // What a block volume left there is empty and makes room.
            try Host.write("", to: life.target)
            try life.publish()
            try life.end()
        }
    }
}
