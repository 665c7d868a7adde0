import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Kubelet: a hundred volumes", .requiresRoot)
struct KubeletManyTests {
    @Test("A hundred volumes created, staged and published at once all succeed, and go at once")
    func hundred() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let volumes = try together(100) { number in
                let kind: Kind = number % 2 == 0 ? .ext4 : .block
                let request = kind.create(
                    "vol-\(number)", bytes: 16 << 20, parameters: ["provisioning": "thin"])
                let handle = try #require(try rig.client.call(request).volume).volumeID
                let volume = PersistentVolume(handle: handle, kind: kind, name: "pv-\(number)")
                try kubelet.mountDevice(volume)
                // Without kubelet's loop devices, which would be what takes the time.
                guard kind == .block else {
                    try kubelet.setUp(volume, in: Pod(number))
                    return (number, volume)
                }
                try Host.makeFolders(kubelet.publishFolder(of: volume))
                _ = try rig.client.call(kubelet.publishRequest(volume, in: Pod(number)))
                return (number, volume)
            }
            #expect(try devices(rig) == 100)
            _ = try together(100) { index in
                let (number, volume) = volumes[index]
                try kubelet.end(volume, in: Pod(number))
                _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: volume.handle))
            }
            #expect(try devices(rig) == 0)
            #expect(try Host.names(in: "\(kubelet.plugin)/\(Kubelet.driver)") == [])
            try waitUntil("the trash is empty") { try rig.files() == [] }
        }
    }

    private func devices(_ rig: Rig) throws -> Int {
        try LoopDevices.allWithStatus().count { $0.status.backingPath.hasPrefix(rig.pool + "/") }
    }
}
