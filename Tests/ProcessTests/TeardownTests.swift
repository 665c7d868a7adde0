import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Taking down needs the kernel alone", .requiresRoot)
struct TeardownTests {
    /// What befalls the pool of a volume that is published.
    enum Fate: String, CaseIterable, CustomTestStringConvertible {
        case full, readOnly, shutDown, lazilyUnmounted, replaced, recordTorn, recordGone, noteTorn,
            noteIsFolder, imageRenamed, imageReplaced, folderRenamed, allRenamed

        var testDescription: String { rawValue }

        func strike(_ rig: Rig, _ life: Life) throws {
            let disk = try #require(rig.poolFilesystem)
            switch self {
            case .full: try rig.takeAllSpace()
            case .readOnly:
                // As after an error: what writes to it is told EROFS.
                try Host.run(
                    "sh", "-c", "echo planted > /sys/fs/ext4/loop\(disk.device.number)/trigger_fs_error")
            case .shutDown: try Host.run("xfs_io", "-x", "-c", "shutdown", disk.path)
            case .lazilyUnmounted: try Host.run("umount", "--lazy", disk.path)
            case .replaced: try Host.run("mount", "-t", "tmpfs", "tmpfs", disk.path)
            case .recordTorn: try Host.run("truncate", "--size", "5", "\(life.folder)/volume.json")
            case .recordGone: try Host.removeTree("\(life.folder)/volume.json")
            case .noteTorn: try Host.run("truncate", "--size", "5", "/run/loopcsi-node/staged/\(life.id)")
            case .noteIsFolder:
                try Host.removeTree("/run/loopcsi-node/staged/\(life.id)")
                try Host.makeFolder("/run/loopcsi-node/staged/\(life.id)")
            case .imageRenamed: try Host.run("mv", "\(life.folder)/image", "\(life.folder)/image.old")
            case .imageReplaced:
                try Host.run("mv", "\(life.folder)/image", "\(life.folder)/image.old")
                try Host.run("cp", "--sparse=always", "\(life.folder)/image.old", "\(life.folder)/image")
            case .folderRenamed: try Host.run("mv", life.folder, "\(disk.path)/moved")
            case .allRenamed: try Host.run("mv", "\(rig.pool)/volumes", "\(disk.path)/moved")
            }
        }

        /// Gives the pool back, as far as the end of the test needs it.
        func mend(_ rig: Rig, _ life: Life) throws {
            let disk = try #require(rig.poolFilesystem)
            switch self {
            case .full: try rig.giveSpaceBack()
            case .replaced: try Host.run("umount", disk.path)
            case .noteIsFolder: try Host.run("rm", "-rf", "/run/loopcsi-node/staged/\(life.id)")
            case .allRenamed: try Host.run("mv", "\(disk.path)/moved", "\(rig.pool)/volumes")
            default: break
            }
        }
    }

    @Test(
        "A published volume is unmounted and detached whatever befell its pool, record or note",
        arguments: Fate.allCases, [Kind.ext4, .block])
    func anyFate(fate: Fate, kind: Kind) throws {
        let filesystem: TestPool.Filesystem = fate == .shutDown ? .xfs : .ext4
        try Rig.run(.init(filesystem: filesystem, expectsEmptyPool: false)) { rig in
            let life = try Life.published(rig, kind)
            let number = try life.device().number
            try fate.strike(rig, life)
            try life.unpublish()
            #expect(try Host.mounts(at: life.target) == 0)
            #expect(try !Host.exists(life.target))
            try life.unstage()
            #expect(try Host.mounts(at: life.staging) == 0)
            // The number may be somebody else's by now.
            let path = try LoopDevice(number: number)?.backingPath()
            #expect(path?.contains("\(rig.path)/mnt/") != true)
            // A repeat finds nothing to do.
            try life.unpublish()
            try life.unstage()
            try fate.mend(rig, life)
        }
    }

    @Test(
        "The same, by a driver that was started anew and finds the pool gone", arguments: [Kind.ext4, .block])
    func restarted(kind: Kind) throws {
        try Rig.run(.init(filesystem: .ext4, expectsEmptyPool: false)) { rig in
            let life = try Life.published(rig, kind)
            let number = try life.device().number
            try rig.driver.kill9()
            let disk = try #require(rig.poolFilesystem)
            try Host.run("umount", "--lazy", disk.path)
            try Host.makeFolder("\(rig.path)/other")
            let child = try rig.launch(pools: ["other=\(rig.path)/other"])
            try child.waitUntilReady()
            try life.unpublish()
            try life.unstage()
            #expect(try Host.mounts(at: life.target) == 0)
            #expect(try Host.mounts(at: life.staging) == 0)
            let path = try LoopDevice(number: number)?.backingPath()
            #expect(path?.contains("/volumes/\(life.name)/image") != true)
        }
    }

    @Test("A volume of the same name in another pool is not taken for it")
    func sameName() throws {
        try Rig.run(.init(starts: false, expectsEmptyPool: false)) { rig in
            let child = try rig.launch(pools: ["a=\(rig.path)/pool", "b=\(rig.path)/b"])
            try child.waitUntilReady()
            let one = try Life(rig, .block, name: "vol", parameters: ["pool": "a"])
            let other = try Life(rig, .block, name: "other", parameters: ["pool": "b"])
            // The same folder name in both pools, as two clusters that share a node may have.
            let twin = String(other.id.prefix(17)) + "vol"
            try one.stage()
            _ = try rig.client.call(
                CSI.NodeUnstageVolumeRequest(volumeID: twin, stagingTargetPath: "\(rig.path)/twin"))
            #expect(try one.devices().count == 1)
            try rig.restartAfterKill(pools: ["a=\(rig.path)/pool", "b=\(rig.path)/b"])
            _ = try rig.client.call(
                CSI.NodeUnstageVolumeRequest(volumeID: twin, stagingTargetPath: "\(rig.path)/twin"))
            #expect(try one.devices().count == 1)
            try one.end()
            try other.delete()
        }
    }

    @Test("An inline volume whose pool is lost is taken down, and deleted once the pool is back")
    func inline() throws {
        try Rig.run(.init(filesystem: .xfs, kubeletRoot: "kubelet")) { rig in
            let pod = try InlineTests.Pod(rig)
            try pod.publish()
            try Host.run("mount", "-t", "tmpfs", "tmpfs", try #require(rig.poolFilesystem).path)
            try pod.unpublish()
            #expect(try Host.mounts(at: pod.target) == 0)
            try pod.unpublish()
            try Host.run("umount", try #require(rig.poolFilesystem).path)
            try Host.removeTree(pod.folder)
            // The next inline volume of the node collects what was left.
            let next = try InlineTests.Pod(rig, uid: "2d7b7e3f")
            try next.publish()
            #expect(try rig.files().count == 1)
            try next.unpublish()
            #expect(try rig.files().isEmpty)
        }
    }

    @Test("A driver without descriptors answers an error, and does what is asked once it has some")
    func descriptors() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let life = try Life.published(rig, .block)
            let pid = try rig.driver.processID
            let open = try Host.names(in: "/proc/\(pid)/fd").count
            let usual = try Host.run(
                "prlimit", "--pid", "\(pid)", "--nofile", "--noheadings", "--output", "SOFT")
            for spare in [1, 2, 3, 4, 6, 8] {
                try Host.run("prlimit", "--pid", "\(pid)", "--nofile=\(open + spare):")
                // OK only where it is really gone; a connection may be refused as well.
                if case .ok? = try? rig.client.code(of: life.unpublishRequest()) {
                    #expect(try Host.mounts(at: life.target) == 0)
                }
                if case .ok? = try? rig.client.code(of: life.unstageRequest()) {
                    #expect(try life.devices() == [])
                }
            }
            try Host.run("prlimit", "--pid", "\(pid)", "--nofile=\(usual):")
            try life.end()
        }
    }
}
