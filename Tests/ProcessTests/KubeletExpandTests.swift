import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Kubelet: expansion", .requiresRoot)
struct KubeletExpandTests {
    private func grow(_ life: Life, to bytes: Int64) throws {
        let range = CSI.CapacityRange(requiredBytes: bytes)
        _ = try life.rig.client.call(
            CSI.ControllerExpandVolumeRequest(volumeID: life.id, capacityRange: range))
    }

    /// True where a file system, or a disk, fills a volume of that size: all but its own overhead.
    private func fills(_ kubelet: Kubelet, _ volume: PersistentVolume, _ pod: Pod, _ bytes: Int64) throws
        -> Bool
    {
        try kubelet.stats(volume, in: pod).usage[0].total > bytes / 10 * 7
    }

    @Test(
        "A volume that grew before its pod came is as large at once, and the call after publish is a repeat",
        arguments: Kind.allCases)
    func duringMount(kind: Kind) throws {
        try Rig.run(.init(poolBytes: 2 << 30)) { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let (volume, pod, size) = (life.asPV(), Pod(), kind.bytes * 3)
            try grow(life, to: size)
            try kubelet.start(volume)
            for _ in 1...2 {
                let reply = try rig.client.call(kubelet.expandRequest(volume, in: pod, to: size))
                #expect(reply.capacityBytes == size)
            }
            #expect(try fills(kubelet, volume, pod, size))
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test(
        "A volume in use grows by the call at the pod's path, after the controller and not before",
        arguments: Kind.allCases)
    func online(kind: Kind) throws {
        try Rig.run(.init(poolBytes: 2 << 30)) { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let (volume, size) = (life.asPV(), kind.bytes * 3)
            for number in 1...2 { try kubelet.start(volume, in: Pod(number)) }
            let request = kubelet.expandRequest(volume, in: Pod(2), to: size)
            try rig.client.refuses(request, .outOfRange, naming: "controller")
            try grow(life, to: size)
            try rig.restartAfterKill()
            if kind != .ext4 || HostIdentity.mayGrowMountedExt4 {
                _ = try rig.client.call(request)
            } else {
                // Kubelet goes on with the volume as it is and does not ask again; the next first pod has it larger.
                try rig.client.refuses(request, .failedPrecondition, naming: "CAP_SYS_RESOURCE")
                for number in 1...2 { try kubelet.tearDown(volume, in: Pod(number)) }
                try kubelet.unmountDevice(volume)
                for number in 1...2 { try kubelet.start(volume, in: Pod(number)) }
            }
            for number in 1...2 { #expect(try fills(kubelet, volume, Pod(number), size)) }
            try kubelet.tearDown(volume, in: Pod(2))
            try kubelet.end(volume, in: Pod(1))
            try life.delete()
        }
    }

    @Test(
        "A pod that only reads sees the growth of a writable volume; one staged for reading grows at its next writer",
        arguments: [Kind.xfs, .btrfs])
    func readOnly(kind: Kind) throws {
        try Rig.run(.init(poolBytes: 2 << 30)) { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let (volume, pod) = (life.asPV(), Pod())
            try kubelet.start(volume, readOnly: true)
            try grow(life, to: kind.bytes * 2)
            _ = try rig.client.call(kubelet.expandRequest(volume, in: pod, to: kind.bytes * 2))
            #expect(try fills(kubelet, volume, pod, kind.bytes * 2))
            try kubelet.end(volume)
            let reader = life.asPV(mode: .multiNodeReaderOnly)
            try kubelet.start(reader, readOnly: true)
            try grow(life, to: kind.bytes * 3)
            try rig.client.refuses(
                kubelet.expandRequest(reader, in: pod, to: kind.bytes * 3), .failedPrecondition,
                naming: "read-only")
            try kubelet.end(reader)
            try kubelet.start(volume)
            #expect(try fills(kubelet, volume, pod, kind.bytes * 3))
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test(
        "A larger restore and a larger clone are as large at their first pod, without a call",
        arguments: Kind.allCases)
    func largerRestore(kind: Kind) throws {
        try Rig.run(.init(filesystem: .xfs, poolBytes: 4 << 30)) { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let size = kind.bytes * 3
            try kubelet.start(life.asPV())
            let snapshot = try life.cut()
            for (number, source) in [snapshot.asSource, life.asSource].enumerated() {
                let copy = try Life(rig, kind, name: "copy-\(number)", bytes: size, from: source)
                try kubelet.start(copy.asPV())
                #expect(try fills(kubelet, copy.asPV(), Pod(), size))
                try kubelet.end(copy.asPV())
                try copy.delete()
            }
            try kubelet.end(life.asPV())
            try life.delete()
            try rig.deleteSnapshot(snapshot)
        }
    }
}
