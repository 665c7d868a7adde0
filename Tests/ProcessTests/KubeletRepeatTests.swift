import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Kubelet: restarts and reboots", .requiresRoot)
struct KubeletRepeatTests {
    @Test(
        "After restarts of kubelet and driver the same calls find everything as it is, and stack nothing",
        arguments: Kind.allCases, [false, true])
    func repeats(kind: Kind, readOnly: Bool) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV(mountOptions: kind == .block ? [] : ["noatime"])
            try kubelet.start(volume, readOnly: readOnly)
            let device = try life.device()
            let table = try MountTable.read().mounts.filter { $0.target.hasPrefix(kubelet.root) }
            for isDriverRestarted in [false, true, true] {
                if isDriverRestarted { try rig.restartAfterKill() }
                try kubelet.start(volume, readOnly: readOnly)
            }
            #expect(try life.device() == device)
            #expect(try MountTable.read().mounts.filter { $0.target.hasPrefix(kubelet.root) } == table)
            // Another way at the same path is still refused, and kubelet keeps what it has.
            let status = #expect(throws: CSIStatus.self) {
                try kubelet.setUp(volume, in: Pod(), readOnly: !readOnly)
            }
            #expect(status?.code == .alreadyExists)
            #expect(try MountTable.read().mounts.filter { $0.target.hasPrefix(kubelet.root) } == table)
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test(
        "After a reboot kubelet's folders and files lie about, and a pod starts on them with its data",
        arguments: Kind.allCases)
    func reboot(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            for number in 1...2 { try kubelet.start(volume, in: Pod(number)) }
            let target = kubelet.target(of: volume, in: Pod(1))
            if kind == .block {
                try Host.run("dd", "if=/etc/hostname", "of=\(target)", "conv=notrunc,fsync", "status=none")
            } else {
                try Host.write("kept", to: "\(target)/file")
            }
            let before = kind == .block ? try Host.run("head", "-c", "64", target) : ""
            try kubelet.reboot()
            #expect(try Host.exists(target) && Host.exists(kubelet.staging(of: volume)))
            // Its directories are no sign that it is staged.
            try rig.client.refuses(kubelet.publishRequest(volume, in: Pod(1)), .failedPrecondition)
            try kubelet.start(volume, in: Pod(1))
            if kind == .block {
                #expect(try Host.run("head", "-c", "64", target) == before)
            } else {
                #expect(try Host.read("\(target)/file") == "kept")
            }
            // The other pod was deleted meanwhile.
            try kubelet.tearDown(volume, in: Pod(2))
            #expect(try !Host.exists(kubelet.target(of: volume, in: Pod(2))))
            try kubelet.end(volume, in: Pod(1))
            try life.delete()
        }
    }

    @Test("After a reboot a volume whose pods are gone is torn down at once", arguments: [Kind.ext4, .block])
    func rebootAndEnd(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            try kubelet.start(volume)
            try kubelet.reboot()
            // Nothing is attached any more, so the volume may even go first.
            if kind == .block { try life.delete() }
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test("An empty leftover of the other kind makes room: a file for a folder, a folder for a file")
    func leftovers() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let (folder, disk) = (try Life(rig, name: "folder"), try Life(rig, .block, name: "disk"))
            try Host.makeFolders(kubelet.podFolder(of: folder.asPV(), in: Pod()))
            try Host.write("", to: kubelet.target(of: folder.asPV(), in: Pod()))
            try Host.makeFolders(kubelet.publishPath(of: disk.asPV(), in: Pod()))
            for life in [folder, disk] {
                try kubelet.start(life.asPV())
                #expect(try kubelet.stats(life.asPV(), in: Pod()).volumeCondition?.abnormal == false)
                try kubelet.end(life.asPV())
                try life.delete()
            }
        }
    }
}
