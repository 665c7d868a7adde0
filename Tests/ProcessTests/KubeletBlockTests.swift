import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Kubelet: raw disks", .requiresRoot)
struct KubeletBlockTests {
    @Test("A pod gets a raw disk in kubelet's order, with a bound node and a loop device of kubelet's on it")
    func order() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, .block)
            let (volume, pod) = (life.asPV(), Pod())
            try kubelet.start(volume)
            let device = try life.device()
            #expect(try kubelet.holds(of: volume, in: pod).count == 1)
            // The hold is no attachment of the image.
            #expect(try life.devices().count == 1)
            #expect(try Host.names(in: kubelet.staging(of: volume)) == [])
            let link = kubelet.podLink(of: volume, in: pod)
            #expect(try Host.takesWrites(link))
            for path in [kubelet.globalMap(of: volume, in: pod), link, kubelet.target(of: volume, in: pod)] {
                let stats = try life.stats(at: path)
                #expect(stats.usage.map(\.total) == [life.kind.bytes])
                #expect(stats.volumeCondition?.abnormal == false)
            }
            for _ in 1...2 { try kubelet.start(volume) }
            #expect(try life.device() == device)
            #expect(try kubelet.holds(of: volume, in: pod).count == 1)
            #expect(try Host.mounts(at: kubelet.target(of: volume, in: pod)) == 1)
            try kubelet.tearDown(volume)
            try rig.client.refuses(
                CSI.NodeGetVolumeStatsRequest(
                    volumeID: life.id, volumePath: kubelet.globalMap(of: volume, in: pod)), .notFound)
            try kubelet.unmountDevice(volume)
            #expect(try Host.names(in: kubelet.volumeDevices).filter { $0 == volume.name } == [])
            // The second time kubelet finds no staging folder; the driver is asked all the same here.
            _ = try rig.client.call(kubelet.unstageRequest(volume))
            try life.delete()
        }
    }

    @Test(
        "While kubelet's own loop device is there, the disk is not taken away from under it",
        arguments: [true, false])
    func held(isKilled: Bool) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, .block)
            let volume = life.asPV()
            try kubelet.start(volume)
            if isKilled { try rig.restartAfterKill() }
            try rig.client.refuses(kubelet.unstageRequest(volume), .failedPrecondition)
            // The node at the pod's path can go; the other one, which the hold has open, is kubelet's.
            _ = try rig.client.call(kubelet.unpublishRequest(volume, in: Pod()))
            for _ in 1...2 {
                try rig.client.refuses(
                    kubelet.unstageRequest(volume), .failedPrecondition, naming: "/dev/loop", "in use")
            }
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            #expect(try life.devices().count == 1)
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test("A raw disk for reading goes through the same, and refuses writes on every path")
    func readOnly() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, .block)
            let (volume, pod) = (life.asPV(), Pod())
            for _ in 1...2 { try kubelet.start(volume, readOnly: true) }
            for path in [kubelet.podLink(of: volume, in: pod), kubelet.globalMap(of: volume, in: pod)] {
                #expect(try !Host.takesWrites(path))
            }
            try kubelet.tearDown(volume)
            try kubelet.setUp(volume, in: Pod(2))
            #expect(try Host.takesWrites(kubelet.podLink(of: volume, in: Pod(2))))
            try kubelet.end(volume, in: Pod(2))
            try life.delete()
        }
    }

    @Test("Two PVs with one handle have two staging folders; the disk stays until both are unstaged")
    func twoPVs() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, .block)
            let (one, two) = (life.asPV("pv-one"), life.asPV("pv-two"))
            try kubelet.start(one, in: Pod(1))
            try kubelet.start(two, in: Pod(2))
            #expect(try life.devices().count == 1)
            try kubelet.end(one, in: Pod(1))
            try rig.restartAfterKill()
            try kubelet.start(two, in: Pod(2))
            #expect(try Host.takesWrites(kubelet.podLink(of: two, in: Pod(2))))
            try kubelet.start(one, in: Pod(1))
            // Unstaging one of them before its pod is gone takes nothing from anybody.
            try kubelet.end(two, in: Pod(2))
            #expect(try life.devices().count == 1)
            try kubelet.end(one, in: Pod(1))
            #expect(try life.devices() == [])
            try life.delete()
        }
    }
}
