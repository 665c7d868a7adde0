import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Volumes in use, and records that are gone", .requiresRoot)
struct InUseTests {
    @Test("A staged or published volume is not deleted, and its data stays", arguments: Kind.allCases)
    func deleteWhileStaged(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            if kind != .block { try Host.write("kept", to: "\(life.target)/file") }
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            try life.unpublish()
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            try life.publish()
            if kind != .block { #expect(try Host.read("\(life.target)/file") == "kept") }
            try life.end()
        }
    }

    @Test("A volume that somebody else attached is not deleted, and its data stays")
    func foreignLoop() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            let device = try Host.run("losetup", "--find", "--show", life.image)
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            #expect(try Host.exists(life.image))
            // Nor is the device of somebody else taken for ours: neither used nor taken away.
            try Host.makeFolder(life.staging)
            try rig.client.refuses(life.stageRequest(), .failedPrecondition)
            try life.unstage()
            #expect(try life.devices().map(\.path) == [device])
            try Host.run("losetup", "-d", device)
            try waitUntil("the device is gone") { try life.devices().isEmpty }
            try life.delete()
        }
    }

    @Test("A volume whose image another process holds locked is neither deleted nor staged")
    func foreignLock() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            try Host.makeFolder(life.staging)
            let image = try Directory.open(life.folder).openFile("image", .readOnly)
            #expect(try image.tryLock(.shared))
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            try rig.client.refuses(life.stageRequest(), .failedPrecondition)
            #expect(try life.devices() == [])
            try image.unlock()
            try life.stage()
            try life.end()
        }
    }

    @Test(
        "A busy mount is not unstaged: the error names it, nothing is lazy, and a later try succeeds",
        arguments: Kind.mounted)
    func busyMount(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            try Host.write("open", to: "\(life.target)/file")
            try Host.holding("\(life.target)/file") {
                try rig.client.refuses(life.unpublishRequest(), .failedPrecondition, naming: life.target)
                #expect(try Host.mounts(at: life.target) == 1)
            }
            try life.unpublish()
            try Host.holding("\(life.staging)/file") {
                try rig.client.refuses(life.unstageRequest(), .failedPrecondition, naming: life.staging)
                #expect(try Host.mounts(at: life.staging) == 1)
            }
            try life.end()
        }
    }

    @Test("A block device held open is not detached, and a later try succeeds")
    func busyDevice() throws {
        try Rig.run { rig in
            let life = try Life.published(rig, .block)
            try Host.holding(life.target) {
                try rig.client.refuses(life.unpublishRequest(), .failedPrecondition, naming: life.target)
            }
            try Host.holding(life.device().path) {
                try life.unpublish()
                try rig.client.refuses(life.unstageRequest(), .failedPrecondition, naming: "/dev/loop")
            }
            // Still the volume's device, and not marked to go with its last user.
            #expect(try life.devices().count == 1)
            try life.end()
        }
    }

    @Test("A mount copied into another mount namespace keeps the device until it is gone")
    func otherNamespace() throws {
        try Rig.run(.init(isAlone: true)) { rig in
            let life = try Life.published(rig)
            // Says when it has its namespace, in which it then holds every mount as it was.
            let holder = try DriverProcess(
                command: rig.namespace("touch \(rig.path)/held; exec sleep 60"), socket: "",
                log: "\(rig.path)/holder.log")
            try waitUntil("the namespace is there") { try Host.exists("\(rig.path)/held") }
            try life.unpublish()
            try rig.client.refuses(life.unstageRequest(), .failedPrecondition)
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            holder.kill9()
            try waitUntil("the device is free") { try rig.client.code(of: life.unstageRequest()) == .ok }
            try life.end()
        }
    }

    @Test(
        "A volume whose folder was removed while it was staged is still unpublished and unstaged",
        arguments: Kind.allCases)
    func recordGone(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            let device = try life.device()
            try Host.removeTree(life.folder)
            try life.unpublish()
            #expect(try !Host.exists(life.target))
            try life.unstage()
            #expect(try Host.mounts(at: life.staging) == 0)
            // The number may be somebody else's by now.
            #expect(try device.status()?.backingPath.hasPrefix(life.image) != true)
            try life.delete()
        }
    }

    @Test("The same, after the driver was restarted", arguments: Kind.allCases)
    func recordGoneAndRestarted(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            let device = try life.device()
            try Host.removeTree(life.folder)
            try rig.restartAfterKill()
            try life.end()
            #expect(try Host.mounts(at: life.staging) == 0)
            // The number may be somebody else's by now.
            #expect(try device.status()?.backingPath.hasPrefix(life.image) != true)
        }
    }

    @Test("A mount stacked over ours by hand is not taken for ours")
    func covered() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            try Host.run("mount", "-t", "tmpfs", "tmpfs", life.target)
            #expect(try rig.client.code(of: life.unpublishRequest()) != .ok)
            try rig.client.refuses(life.publishRequest(), .alreadyExists)
            #expect(try Host.mounts(at: life.target) == 2)
            try Host.run("umount", life.target)
            // A second mount of our own, from a driver that did not look, goes along with the first.
            try Host.run("mount", "--bind", life.staging, life.target)
            try life.unpublish()
            #expect(try Host.mounts(at: life.target) == 0)
            try life.end()
        }
    }
}
