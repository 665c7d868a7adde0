import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("File systems that somebody keeps frozen", .requiresRoot)
struct FrozenVolumeTests {
    @Test(
        "Every node call names the freeze and leaves the mounts, and all go on after the thaw",
        arguments: Kind.mounted)
    func everyCall(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life.published(rig, kind)
            let second = "\(rig.path)/second"
            try Host.run("fsfreeze", "--freeze", life.target)
            let answers = Result {
                try rig.client.refuses(life.publishRequest(at: second), .failedPrecondition, naming: "frozen")
                try rig.client.refuses(life.publishRequest(), .failedPrecondition, naming: "frozen")
                try rig.client.refuses(life.stageRequest(), .failedPrecondition, naming: "frozen")
                try rig.client.refuses(
                    life.unpublishRequest(), .failedPrecondition, naming: "frozen", "fsfreeze")
                #expect(try Host.mounts(at: life.target) == 1)
            }
            try Host.run("fsfreeze", "--unfreeze", life.target)
            _ = try answers.get()
            try life.unpublish()
            try Host.run("fsfreeze", "--freeze", life.staging)
            let unstaged = Result {
                try rig.client.refuses(life.unstageRequest(), .failedPrecondition, naming: "frozen")
                #expect(try Host.mounts(at: life.staging) == 1)
            }
            try Host.run("fsfreeze", "--unfreeze", life.staging)
            _ = try unstaged.get()
            #expect(try rig.freezeNotes() == [])
            try life.publish()
            try Host.write("goes on", to: "\(life.target)/file")
            try life.end()
        }
    }

    @Test("A read-only publication and a read-only staging are no less frozen", arguments: Kind.mounted)
    func readOnly(kind: Kind) throws {
        try Rig.run { rig in
            let life = try Life(rig, kind)
            try life.stage()
            try life.publish(readOnly: true)
            try Host.run("fsfreeze", "--freeze", life.target)
            let answer = Result {
                try rig.client.refuses(life.unpublishRequest(), .failedPrecondition, naming: "frozen")
            }
            try Host.run("fsfreeze", "--unfreeze", life.target)
            _ = try answer.get()
            try life.unpublish()
            try life.unstage()
            try life.stage(.multiNodeReaderOnly)
            try life.publish(.multiNodeReaderOnly)
            try life.end()
        }
    }

    @Test("An inline volume that is frozen stays mounted until it is thawed")
    func inline() throws {
        try Rig.run(.init(kubeletRoot: "kubelet")) { rig in
            let pod = try InlineTests.Pod(rig)
            try pod.publish()
            try Host.run("fsfreeze", "--freeze", pod.target)
            let answer = Result {
                try rig.client.refuses(
                    CSI.NodeUnpublishVolumeRequest(volumeID: pod.id, targetPath: pod.target),
                    .failedPrecondition,
                    naming: "frozen")
            }
            try Host.run("fsfreeze", "--unfreeze", pod.target)
            _ = try answer.get()
            try pod.unpublish()
        }
    }

    @Test("A file system without times of access is looked at as well, and is not taken for frozen")
    func noTimes() throws {
        try Rig.run { rig in
            let life = try Life(rig)
            try Host.makeFolder(life.staging)
            _ = try rig.client.call(life.stageRequest(flags: ["noatime"]))
            try Host.run("chattr", "+A", life.staging)
            try life.publish()
            let mount = try #require(try MountTable.read().mounts(at: life.staging).last)
            #expect(mount.options.contains("noatime"))
            try life.end()
        }
    }

    @Test("A freeze note whose volume cannot be looked at stays, and the volume is thawed later")
    func triedAgain() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            try rig.driver.kill9()
            let device = try life.device()
            let file = try #require(try device.status()).backing
            // First, as any driver of the machine that starts meanwhile forgets a note of what is not frozen.
            try Host.run("fsfreeze", "--freeze", life.staging)
            try Host.makeFolders("/run/loopcsi-node/frozen")
            try Host.write(
                "\(device.number)\n\(file.device)\n\(file.inode)\n\(life.staging)\n",
                to: "/run/loopcsi-node/frozen/\(life.id)")
            // Its pool is no more, which is no reason to leave it frozen.
            try Host.makeFolder("\(rig.path)/other")
            let child = try rig.launch(pools: ["other=\(rig.path)/other"])
            try child.waitUntilReady()
            try waitUntil("the note is gone") { try rig.freezeNotes() == [] }
            try Host.write("goes on", to: "\(life.target)/file")
            _ = try child.stop()
            try rig.start()
            try life.end()
        }
    }

    @Test("A running driver's own note is none that was left")
    func ownNote() throws {
        try Rig.run { rig in
            let life = try Life.published(rig)
            try Host.makeFolders("/run/loopcsi-node/frozen")
            let path = "/run/loopcsi-node/frozen/\(life.id)"
            try Host.write(life.staging, to: path)
            let note = try OwnedDescriptor.open(path, .readWrite)
            #expect(try note.tryLock(.exclusive))
            try rig.restartAfterKill()
            #expect(try rig.freezeNotes() == [life.id])
            try note.unlock()
            try rig.restartAfterKill()
            #expect(try rig.freezeNotes() == [])
            try life.end()
        }
    }
}
