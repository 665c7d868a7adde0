import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Kubelet: registration and file systems", .requiresRoot)
struct KubeletMountTests {
    @Test("The calls of registration are answered in a second, and alike after repeats and restarts")
    func registration() throws {
        try Rig.run(.init(flags: ["--max-volumes", "100"])) { rig in
            func answers() throws -> [[UInt8]] {
                try [CSI.GetPluginInfoRequest.path, CSI.NodeGetInfoRequest.path].map {
                    try rig.client.raw($0, [], timeout: 1)
                }
            }
            let first = try answers()
            #expect(try CSI.GetPluginInfoResponse(decoding: first[0]).name == Kubelet.driver)
            let node = try CSI.NodeGetInfoResponse(decoding: first[1])
            #expect(node.nodeID == "node-1" && node.maxVolumesPerNode == 100)
            #expect(try answers() == first)
            try rig.restartAfterKill()
            #expect(try answers() == first)
            #expect(try rig.driver.stop() == .exited(0))
            try rig.start()
            #expect(try answers() == first)
        }
    }

    @Test(
        "A pod gets its volume in kubelet's order: options of the PV, a root folder of root's, the group's files",
        arguments: Kind.mounted)
    func order(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind, parameters: ["provisioning": "thin"])
            let volume = life.asPV(mountOptions: ["noatime", "nodev", "discard"])
            let (pod, target) = (Pod(), kubelet.target(of: volume, in: Pod()))
            try kubelet.mountDevice(volume)
            #expect(
                try Host.names(in: kubelet.deviceFolder(of: volume)) == ["globalmount", "vol_data.json"])
            try kubelet.setUp(volume, in: pod)
            for path in [kubelet.staging(of: volume), target] {
                let mount = try #require(try MountTable.read().mounts(at: path).last)
                #expect(mount.options.contains("noatime") && mount.options.contains("nodev"))
                #expect(mount.superOptions.contains { $0.hasPrefix("discard") }, "\(mount.superOptions)")
            }
            #expect(try owner(of: target) == "0:0 755")
            try Host.write("kept", to: "\(target)/file")
            try kubelet.setUp(volume, in: pod, fsGroup: 1234)
            #expect(try owner(of: target) == "0:1234 2775")
            #expect(try owner(of: "\(target)/file") == "0:1234 664")
            #expect(try kubelet.stats(volume, in: pod).volumeCondition?.abnormal == false)
            try kubelet.end(volume)
            #expect(try Host.names(in: "\(kubelet.plugin)/\(Kubelet.driver)") == [])
            // fsGroupChangePolicy OnRootMismatch walks the files once only if this stays.
            try kubelet.start(volume, in: Pod(2))
            let next = kubelet.target(of: volume, in: Pod(2))
            #expect(try owner(of: next) == "0:1234 2775")
            #expect(try Host.read("\(next)/file") == "kept")
            try kubelet.end(volume, in: Pod(2))
            try life.delete()
        }
    }

    private func owner(of path: String) throws -> String { try Host.run("stat", "-c", "%u:%g %a", path) }

    @Test("After a final error nothing is in the way of kubelet's clean-up, nor of the next try")
    func finalErrors() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig)
            let volume = life.asPV()
            func refused(_ other: PersistentVolume, _ code: CSICode) throws {
                let status = #expect(throws: CSIStatus.self) { try kubelet.mountDevice(other) }
                #expect(status?.code == code, "\(String(describing: status))")
                #expect(try life.devices() == [])
                #expect(try !Host.exists(kubelet.deviceFolder(of: volume)))
            }
            try refused(life.asPV(mountOptions: ["no-such-option"]), .invalidArgument)
            try refused(
                PersistentVolume(handle: life.id, kind: .xfs, name: volume.name), .failedPrecondition)
            try refused(
                PersistentVolume(handle: life.id, kind: .block, name: volume.name), .failedPrecondition)
            #expect(try !Host.exists(kubelet.staging(of: PersistentVolume(handle: "", kind: .block))))
            try kubelet.mountDevice(volume)
            let wrong = PersistentVolume(handle: life.id, kind: .xfs, name: volume.name)
            let status = #expect(throws: CSIStatus.self) { try kubelet.setUp(wrong, in: Pod()) }
            #expect(status?.code == .failedPrecondition)
            #expect(try !Host.exists(kubelet.podFolder(of: volume, in: Pod())))
            try kubelet.setUp(volume, in: Pod())
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test(
        "ro among the options of a PV makes every pod of it a reader, the same after restarts",
        arguments: Kind.mounted)
    func readOnlyOption(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV(mountOptions: ["ro", "noatime"])
            for round in 1...2 {
                if round == 2 { try rig.restartAfterKill() }
                for number in 1...2 { try kubelet.start(volume, in: Pod(number)) }
            }
            for number in 1...2 {
                #expect(try Host.refusesWrites(kubelet.target(of: volume, in: Pod(number))))
            }
            try kubelet.tearDown(volume, in: Pod(2))
            try kubelet.end(volume)
            try kubelet.start(life.asPV())
            try Host.write("", to: "\(kubelet.target(of: volume, in: Pod()))/file")
            try kubelet.end(life.asPV())
            try life.delete()
        }
    }

    @Test(
        "A context= of kubelet's reaches the kernel, and one without SELinux mounts all the same, as mount(8) does",
        arguments: Kind.mounted)
    func selinuxContext(kind: Kind) throws {
        let context = #"context="system_u:object_r:container_file_t:s0:c12,c34""#
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            // Kubelet appends its label to the options of the PV.
            let volume = life.asPV(mode: .singleNodeSingleWriter, mountOptions: ["noatime", context])
            for _ in 1...2 { try kubelet.start(volume) }
            let mount = try #require(try MountTable.read().mounts(at: kubelet.staging(of: volume)).last)
            #expect(mount.options.contains("noatime"))
            if HostIdentity.hasSELinux {
                #expect(mount.superOptions.contains { $0.contains("container_file_t") })
            }
            try kubelet.end(volume)
            // It saves nothing else from being refused.
            let status = #expect(throws: CSIStatus.self) {
                try kubelet.mountDevice(life.asPV(mountOptions: ["no-such-option", context]))
            }
            #expect(status?.code == .invalidArgument)
            try life.delete()
        }
    }
}
