import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("OK is what the kernel shows", .requiresRoot)
struct MountTruthTests {
    @Test(
        "A staging path that something covers is neither published from nor staged again",
        arguments: Kind.mounted)
    func coveredStaging(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try life.stage()
            try Host.run("mount", "-t", "tmpfs", "cover", life.staging)
            try rig.client.refuses(life.publishRequest(), .failedPrecondition, naming: life.staging, "tmpfs")
            #expect(try !Host.exists(life.target))
            try rig.client.refuses(life.stageRequest(), .failedPrecondition, naming: life.staging, "tmpfs")
            try rig.client.refuses(life.unstageRequest(), .failedPrecondition, naming: life.staging, "tmpfs")
            try Host.run("umount", life.staging)
            try life.publish()
            try life.end()
        }
    }

    @Test("A folder of the volume, or another volume, over the staging path is not taken for it")
    func coveredByVolumes() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            let other = try Life.published(rig, name: "other")
            try life.stage()
            try Host.makeFolder("\(life.staging)/sub")
            try Host.run("mount", "--bind", "\(life.staging)/sub", life.staging)
            try rig.client.refuses(life.publishRequest(), .failedPrecondition, naming: life.staging)
            try Host.run("umount", life.staging)
            try Host.run("mount", "--bind", other.target, life.staging)
            try rig.client.refuses(life.publishRequest(), .failedPrecondition, naming: life.staging)
            try Host.run("umount", life.staging)
            try Host.removeFolder("\(life.staging)/sub")
            try life.end()
            try other.end()
        }
    }

    @Test("A mount over a folder above staging path or target is named, and nothing is lost below it")
    func coveredParent() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            let folder = "\(rig.path)/above"
            let (staging, target) = ("\(folder)/staging", "\(folder)/target")
            try Host.makeFolder(folder)
            try Host.makeFolder(staging)
            _ = try rig.client.call(life.stageRequest(at: staging))
            _ = try rig.client.call(life.publishRequest(at: target, from: staging))
            try Host.run("mount", "-t", "tmpfs", "cover", folder)
            try rig.client.refuses(life.stageRequest(at: staging), .failedPrecondition, naming: "tmpfs")
            try rig.client.refuses(life.unpublishRequest(at: target), .failedPrecondition, naming: "tmpfs")
            try rig.client.refuses(
                life.publishRequest(at: "\(rig.path)/second", from: staging), .failedPrecondition)
            try Host.run("umount", folder)
            #expect(try Host.mounts(at: target) == 1)
            try life.unpublish(at: target)
            _ = try rig.client.call(life.unstageRequest(at: staging))
            try life.delete()
        }
    }

    @Test("A target that something covers is not unpublished, and the cover is named")
    func coveredTarget() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            try Host.run("mount", "-t", "tmpfs", "cover", life.target)
            try rig.client.refuses(life.unpublishRequest(), .failedPrecondition, naming: life.target, "tmpfs")
            #expect(try Host.mounts(at: life.target) == 2)
            try Host.run("umount", life.target)
            try life.end()
        }
    }

    @Test(
        "A file system that ended in an error is not published, and is well after it was staged again",
        arguments: Kind.mounted)
    func broken(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            switch kind {
            case .xfs: try Host.run("xfs_io", "-x", "-c", "shutdown", life.staging)
            case .btrfs: try Host.run("mount", "-o", "remount,ro", life.staging)
            default:
                try Host.run(
                    "sh", "-c", "echo planted > /sys/fs/ext4/loop\(try life.device().number)/trigger_fs_error"
                )
            }
            let second = "\(rig.path)/second"
            let words = try rig.client.refuses(life.publishRequest(at: second), .failedPrecondition)
            #expect(words.contains("stage it again"), "\(words)")
            #expect(try !Host.exists(second))
            try rig.client.refuses(life.stageRequest(), .failedPrecondition, naming: "stage it again")
            try rig.client.refuses(life.publishRequest(), .failedPrecondition)
            try life.unpublish()
            try life.unstage()
            try life.stage()
            try life.publish()
            try Host.write("well", to: "\(life.target)/file")
            try life.end()
        }
    }

    @Test("Flags of a publication hold for its mount, and those of the file system are refused there")
    func flags() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            try life.stage()
            func request(_ flags: [String]) -> CSI.NodePublishVolumeRequest {
                CSI.NodePublishVolumeRequest(
                    volumeID: life.id, stagingTargetPath: life.staging, targetPath: life.target,
                    volumeCapability: life.kind.capability(flags: flags))
            }
            _ = try rig.client.call(request(["noexec", "nosuid", "nodev", "noatime"]))
            let mount = try #require(try MountTable.read().mounts(at: life.target).last)
            for flag in ["noexec", "nosuid", "nodev", "noatime"] {
                #expect(mount.options.contains(flag), "\(mount.options)")
            }
            #expect(try MountTable.read().mounts(at: life.staging).last?.options.contains("noexec") == false)
            // Somebody takes one away again: an equal call must not say that all is as asked for.
            _ = try rig.client.call(request(["noexec", "nosuid", "nodev", "noatime"]))
            try Host.run("mount", "-o", "remount,bind,exec", life.target)
            try rig.client.refuses(request(["noexec", "nosuid", "nodev", "noatime"]), .alreadyExists)
            try life.unpublish()
            try rig.client.refuses(request(["data=journal"]), .invalidArgument, naming: "mount_flags")
            try rig.client.refuses(request(["noexec,bogus"]), .invalidArgument, naming: "mount_flags")
            #expect(try !Host.exists(life.target))
            try life.end()
        }
    }

    @Test("Flags that staging and publication both have are served, as kubelet gives them to both")
    func sameFlags() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            let flags = ["discard", "noexec", "commit=30"]
            try Host.makeFolder(life.staging)
            _ = try rig.client.call(life.stageRequest(flags: flags))
            for _ in 0..<2 {
                _ = try rig.client.call(
                    CSI.NodePublishVolumeRequest(
                        volumeID: life.id, stagingTargetPath: life.staging, targetPath: life.target,
                        volumeCapability: life.kind.capability(flags: flags)))
            }
            try life.end()
        }
    }
}
