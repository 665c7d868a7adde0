import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Trouble on the node", .requiresRoot)
struct HostTroubleTests {
    @Test("A missing mkfs is named by Probe and CreateVolume, and leaves nothing", arguments: Kind.mounted)
    func mkfsMissing(kind: Kind) throws {
        let cover = "mount --bind /dev/null \"$(command -v mkfs.\(kind.rawValue))\""
        try Rig.run(.init(filesystem: .ext4, hostChanges: cover)) { rig in
            try rig.client.refuses(CSI.ProbeRequest(), .failedPrecondition, naming: "mkfs.\(kind.rawValue)")
            let capacity = try rig.client.call(CSI.GetCapacityRequest())
            try rig.client.refuses(kind.create("vol"), .failedPrecondition, naming: "mkfs.\(kind.rawValue)")
            #expect(try rig.files() == [])
            #expect(try rig.client.call(CSI.GetCapacityRequest()) == capacity)
            // What needs no mkfs goes on.
            try Life(rig, .block).delete()
        }
    }

    @Test("A failing mkfs is an error with its last words, and leaves nothing", arguments: Kind.mounted)
    func mkfsFails(kind: Kind) throws {
        let fake =
            "mount -t tmpfs tmpfs /mnt; printf '#!/bin/sh\\necho broken-mkfs >&2; exit 3\\n' > /mnt/f; chmod 755 /mnt/f; "
            + "mount --bind /mnt/f \"$(command -v mkfs.\(kind.rawValue))\""
        try Rig.run(.init(filesystem: .ext4, hostChanges: fake)) { rig in
            let capacity = try rig.client.call(CSI.GetCapacityRequest())
            try rig.client.refuses(
                kind.create("vol"), .internalError, naming: "mkfs.\(kind.rawValue)", "broken-mkfs")
            #expect(try rig.files() == [])
            #expect(try rig.client.call(CSI.GetCapacityRequest()) == capacity)
        }
    }

    @Test("A missing /dev/loop-control is named by Probe and NodeStageVolume, and leaves nothing")
    func loopControlMissing() throws {
        let cover = "mount -t tmpfs tmpfs /dev; mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/urandom c 1 9"
        try Rig.run(.init(hostChanges: cover)) { rig in
            try rig.client.refuses(CSI.ProbeRequest(), .failedPrecondition, naming: "/dev/loop-control")
            #expect(rig.log.contains("/dev is a tmpfs and not the host's"))
            let life = try Life(rig)
            try Host.makeFolder(life.staging)
            let status = #expect(throws: CSIStatus.self) { try rig.client.call(life.stageRequest()) }
            #expect(status?.message.contains("loop-control") == true, "\(String(describing: status))")
            #expect(try life.devices() == [])
            try life.end()
        }
    }

    @Test(
        "A kubelet folder whose mounts do not reach the host is named by Probe and in the log, with the remedy"
    )
    func privatePropagation() throws {
        let cover = "mount -t tmpfs tmpfs /mnt; mount --make-private /mnt"
        try Rig.run(.init(flags: ["--kubelet-root", "/mnt"], hostChanges: cover)) { rig in
            try rig.client.refuses(
                CSI.ProbeRequest(), .failedPrecondition, naming: "/mnt", "mountPropagation: Bidirectional")
            #expect(rig.log.contains("mountPropagation: Bidirectional"))
        }
    }

    @Test("A shared kubelet folder, and the host's /dev, are no trouble")
    func sharedPropagation() throws {
        let cover = "mount -t tmpfs tmpfs /mnt; mount --make-shared /mnt"
        try Rig.run(.init(flags: ["--kubelet-root", "/mnt"], hostChanges: cover)) { rig in
            _ = try rig.client.call(CSI.ProbeRequest())
            #expect(!rig.log.contains("level=error"))
        }
    }

    @Test("A kubelet folder that is not there is named by Probe, with the remedy")
    func noKubelet() throws {
        try Rig.run(.init(flags: ["--kubelet-root", "/var/lib/loopcsi-no-such-kubelet"])) { rig in
            try rig.client.refuses(
                CSI.ProbeRequest(), .failedPrecondition, naming: "loopcsi-no-such-kubelet", "--kubelet-root")
        }
    }

    @Test("A kernel that gives no loop device is an error that names it, and leaves nothing")
    func noDevice() throws {
        try Rig.run(.init(hostChanges: "mount --bind /dev/null /dev/loop-control")) { rig in
            let life = try Life(rig)
            try Host.makeFolder(life.staging)
            try rig.client.refuses(life.stageRequest(), .internalError, naming: "loop-control")
            #expect(try life.devices() == [])
            try life.end()
        }
    }

    @Test("A driver that is not root says so and ends")
    func notRoot() throws {
        try Rig.run(.init(starts: false)) { rig in
            let child = try DriverProcess(
                command: ["setpriv", "--reuid", "65534", "--clear-groups"] + (try rig.command()),
                socket: rig.socket, log: "\(rig.path)/log")
            #expect(try child.waitForEnd() != .exited(0))
        }
    }
}

@Suite("Trouble with the pool", .requiresRoot)
struct PoolTroubleTests {
    @Test("Where no pool was ever served, one that is unfit ends the start with a sentence")
    func unfit() throws {
        try Rig.run(.init(starts: false)) { rig in
            #expect(try rig.launch(pools: ["default=\(rig.path)/no/such/folder"]).waitForEnd() == .exited(1))
            #expect(rig.log.contains("\(rig.path)/no"))
            try Host.makeFolder("\(rig.path)/strange")
            try Host.write("mine", to: "\(rig.path)/strange/photo.jpg")
            #expect(try rig.launch(pools: ["default=\(rig.path)/strange"]).waitForEnd() == .exited(1))
            #expect(rig.log.contains("photo.jpg"))
            #expect(try Host.names(in: "\(rig.path)/strange") == ["photo.jpg"])
            try Host.write("mine", to: "\(rig.path)/file")
            #expect(try rig.launch(pools: ["default=\(rig.path)/file"]).waitForEnd() == .exited(1))
            #expect(try !Host.exists(rig.socket))
        }
    }

    @Test("A pool of an unknown format version is not served and stays as it is")
    func unknownVersion() throws {
        try Rig.run(.init(expectsEmptyPool: false)) { rig in
            let life = try Life(rig)
            try rig.driver.stop()
            let original = try Host.read("\(rig.pool)/pool.json")
            let newer = original.replacing("\"version\" : 1", with: "\"version\" : 99")
            #expect(newer != original)
            try Host.removeTree("\(rig.pool)/pool.json")
            try Host.write(newer, to: "\(rig.pool)/pool.json")
            try rig.start()
            try rig.client.refuses(CSI.ProbeRequest(), .failedPrecondition, naming: "version 99")
            try rig.client.refuses(life.deleteRequest, .failedPrecondition, naming: "version 99")
            #expect(rig.log.contains("version 99"))
            try rig.driver.stop()
            #expect(try Host.names(in: life.folder) == ["image", "volume.json"])
            let record = try Host.read("\(life.folder)/volume.json")
            try Host.removeTree("\(rig.pool)/pool.json")
            try Host.write(original, to: "\(rig.pool)/pool.json")
            try Host.removeTree("\(life.folder)/volume.json")
            try Host.write(
                record.replacing("\"version\" : 1", with: "\"version\" : 99"),
                to: "\(life.folder)/volume.json")
            try rig.start()
            try rig.client.refuses(life.deleteRequest, .failedPrecondition, naming: life.name)
        }
    }

    @Test("A pool whose disk was unmounted underneath takes no image, and serves again when it is back")
    func unmounted() throws {
        try Rig.run(.init(filesystem: .ext4)) { rig in
            let life = try Life(rig)
            let disk = try #require(rig.poolFilesystem)
            try Host.run("umount", disk.path)
            try rig.client.refuses(CSI.ProbeRequest(), .failedPrecondition, naming: rig.pool)
            try rig.client.refuses(Kind.ext4.create("other"), .failedPrecondition)
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            #expect(try Host.names(in: disk.path) == [])
            // A folder that looks like the pool is still not the pool.
            try Host.makeFolder(rig.pool)
            try Host.makeFolder("\(rig.pool)/volumes")
            try rig.client.refuses(Kind.ext4.create("other"), .failedPrecondition)
            try rig.client.refuses(CSI.ProbeRequest(), .failedPrecondition)
            #expect(try Host.names(in: rig.pool) == ["volumes"])
            #expect(try Host.names(in: "\(rig.pool)/volumes") == [])
            try Host.removeTree(rig.pool)
            try Host.run("mount", disk.device.path, disk.path)
            _ = try rig.client.call(CSI.ProbeRequest())
            #expect(try Life(rig).id == life.id)
            try life.delete()
        }
    }

    @Test("A pool unmounted lazily with volumes in use takes no image either")
    func unmountedLazily() throws {
        try Rig.run(.init(filesystem: .ext4)) { rig in
            let life = try Life.published(rig)
            let disk = try #require(rig.poolFilesystem)
            try Host.run("umount", "--lazy", disk.path)
            try rig.client.refuses(CSI.ProbeRequest(), .failedPrecondition)
            try rig.client.refuses(Kind.ext4.create("other"), .failedPrecondition)
            #expect(try Host.names(in: disk.path) == [])
            try Host.write("still", to: "\(life.target)/file")
            try Host.run("mount", disk.device.path, disk.path)
            _ = try rig.client.call(CSI.ProbeRequest())
            try life.end()
        }
    }

    @Test("A pool that became read-only is named by Probe and CreateVolume")
    func readOnly() throws {
        try Rig.run(.init(filesystem: .xfs)) { rig in
            let disk = try #require(rig.poolFilesystem)
            try Host.run("mount", "-o", "remount,ro", disk.path)
            try rig.client.refuses(CSI.ProbeRequest(), .failedPrecondition, naming: "read-only")
            try rig.client.refuses(Kind.ext4.create("vol"), .failedPrecondition, naming: "read-only")
            try Host.run("mount", "-o", "remount,rw", disk.path)
            try Life(rig).delete()
        }
    }
}
