import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Inline volumes, as kubelet asks for them", .requiresRoot)
struct InlineTests {
    /// A pod with one inline volume, at the paths that kubelet would use.
    struct Pod {
        let rig: Rig
        let uid: String

        init(_ rig: Rig, uid: String = "1c6a6d2e") throws {
            self.rig = rig
            self.uid = uid
            var folder = rig.path
            for part in ["kubelet", "pods", uid, "volumes", "kubernetes.io~csi", "scratch"] {
                folder += "/\(part)"
                try Host.makeFolder(folder)
            }
        }

        var folder: String { "\(rig.path)/kubelet/pods/\(uid)" }
        var target: String { "\(folder)/volumes/kubernetes.io~csi/scratch/mount" }
        /// Kubelet's handle; its digits come from pod and volume name.
        var id: String {
            let digits = uid.utf8.map { String(UInt32($0) % 16, radix: 16) }.joined()
            return "csi-" + digits + String(repeating: "0", count: 64 - digits.count)
        }

        func publishRequest(
            _ attributes: [String: String] = ["size": "64Mi"], fsType: String = "", readOnly: Bool = false,
            id: String? = nil
        ) -> CSI.NodePublishVolumeRequest {
            let kubelets = [
                "csi.storage.k8s.io/ephemeral": "true", "csi.storage.k8s.io/pod.name": "web-0",
                "csi.storage.k8s.io/pod.namespace": "default", "csi.storage.k8s.io/pod.uid": uid,
                "csi.storage.k8s.io/serviceAccount.name": "default",
            ]
            return CSI.NodePublishVolumeRequest(
                volumeID: id ?? self.id, targetPath: target,
                volumeCapability: CSI.VolumeCapability(
                    access: .mount(fsType: fsType), mode: .singleNodeMultiWriter),
                readonly: readOnly, volumeContext: attributes.merging(kubelets) { $1 })
        }

        func publish(_ attributes: [String: String] = ["size": "64Mi"]) throws {
            _ = try rig.client.call(publishRequest(attributes))
        }

        func unpublish() throws {
            _ = try rig.client.call(CSI.NodeUnpublishVolumeRequest(volumeID: id, targetPath: target))
        }
    }

    @Test("It is made at publish, of the size and file system asked for, and gone after unpublish")
    func life() throws {
        try Rig.run(.init(filesystem: .ext4, flags: ["--inline-share", "50%"])) { rig in
            let pod = try Pod(rig)
            let before = try rig.client.call(CSI.GetCapacityRequest())
            _ = try rig.client.call(pod.publishRequest(["size": "320Mi"], fsType: "xfs"))
            try Host.write("scratch", to: "\(pod.target)/file")
            #expect(try Host.run("stat", "-f", "-c", "%T", pod.target) == "xfs")
            let stats = try rig.client.call(
                CSI.NodeGetVolumeStatsRequest(volumeID: pod.id, volumePath: pod.target))
            let total = try #require(stats.usage.first).total
            #expect(total > 200 << 20 && total <= 320 << 20)
            #expect(stats.volumeCondition?.abnormal == false)
            #expect(try rig.client.call(CSI.ListVolumesRequest()).entries == [])
            let during = try rig.client.call(CSI.GetCapacityRequest())
            #expect(during.availableCapacity <= before.availableCapacity - (320 << 20))
            // A repeat finds it as it is.
            _ = try rig.client.call(pod.publishRequest(["size": "320Mi"], fsType: "xfs"))
            #expect(try Host.read("\(pod.target)/file") == "scratch")
            try pod.unpublish()
            #expect(try !Host.exists(pod.target))
            #expect(try rig.files().filter { !$0.hasPrefix("trash/") } == [])
            try pod.unpublish()
        }
    }

    @Test("Without a size it has 1 GiB, and a read-only one is read-only and well")
    func defaults() throws {
        try Rig.run { rig in
            let pod = try Pod(rig)
            _ = try rig.client.call(pod.publishRequest(["provisioning": "thin"], readOnly: true))
            #expect(try Host.refusesWrites(pod.target))
            let stats = try rig.client.call(
                CSI.NodeGetVolumeStatsRequest(volumeID: pod.id, volumePath: pod.target))
            #expect(stats.volumeCondition?.abnormal == false, "\(stats)")
            #expect(try #require(stats.usage.first).total > 900 << 20)
            try pod.unpublish()
        }
    }

    @Test("Bad attributes are refused by name, and leave nothing")
    func refusals() throws {
        try Rig.run(.init(flags: ["--inline-limit", "128MiB"])) { rig in
            let pod = try Pod(rig)
            let client = rig.client
            try client.refuses(pod.publishRequest(["size": "1Gi"]), .outOfRange, naming: "--inline-limit")
            try client.refuses(pod.publishRequest(["size": "much"]), .invalidArgument, naming: "size")
            try client.refuses(
                pod.publishRequest(["mkfsOptions": "-b 1024"]), .invalidArgument, naming: "mkfsOptions")
            try client.refuses(pod.publishRequest(["pool": "other"]), .resourceExhausted, naming: "other")
            try client.refuses(pod.publishRequest(fsType: "ntfs"), .invalidArgument, naming: "ntfs")
            try client.refuses(pod.publishRequest(id: "csi-123"), .invalidArgument, naming: "volume_id")
            #expect(try !Host.exists(pod.target))
            #expect(try rig.files() == [])
        }
    }

    @Test("With a limit of 0 there are none")
    func switchedOff() throws {
        try Rig.run(.init(flags: ["--inline-limit", "0"])) { rig in
            try rig.client.refuses(
                Pod(rig).publishRequest(), .failedPrecondition, naming: "--inline-limit")
        }
    }

    @Test("A volume of the controller with such a name is not taken for one")
    func clash() throws {
        try Rig.run { rig in
            let pod = try Pod(rig)
            let life = try Life(rig, name: pod.id)
            try rig.client.refuses(pod.publishRequest(), .alreadyExists)
            try pod.unpublish()
            #expect(try Host.exists(life.image))
            try life.delete()
        }
    }

    @Test("After SIGKILL and after a reboot it is found again, with its files")
    func restart() throws {
        try Rig.run { rig in
            let pod = try Pod(rig)
            try pod.publish()
            try Host.write("kept", to: "\(pod.target)/file")
            try rig.restartAfterKill()
            try pod.publish()
            #expect(try Host.read("\(pod.target)/file") == "kept")
            // As after a reboot: no mount, no device, the folders are there.
            try rig.driver.kill9()
            try Host.run("umount", pod.target)
            try KernelLeaks.clear(below: rig.path)
            try rig.start()
            try pod.publish()
            #expect(try Host.read("\(pod.target)/file") == "kept")
            try rig.restartAfterKill()
            try pod.unpublish()
            #expect(try rig.files().filter { !$0.hasPrefix("trash/") } == [])
        }
    }

    @Test("What a vanished pod left is collected, and nothing of the others")
    func vanished() throws {
        try Rig.run { rig in
            let gone = try Pod(rig, uid: "0a")
            let here = try Pod(rig, uid: "0b")
            let idle = try Pod(rig, uid: "0c")
            for pod in [gone, here, idle] { try pod.publish() }
            try rig.driver.kill9()
            for pod in [gone, idle] { try Host.run("umount", pod.target) }
            try Host.removeTree(gone.folder)
            try rig.start()
            let left = try rig.files().filter { $0.hasPrefix("volumes/") }
            #expect(left == ["volumes/\(here.id)", "volumes/\(idle.id)"].sorted())
            #expect(rig.log.contains("vanished"))
            // With no folder of pods at all, none is taken for gone.
            try rig.driver.kill9()
            try Host.run("umount", here.target)
            try Host.run("mv", "\(rig.path)/kubelet/pods", "\(rig.path)/kubelet/elsewhere")
            try rig.start()
            #expect(try rig.files().filter { $0.hasPrefix("volumes/") } == left)
            try Host.run("mv", "\(rig.path)/kubelet/elsewhere", "\(rig.path)/kubelet/pods")
            for pod in [here, idle] { try pod.unpublish() }
        }
    }
}
