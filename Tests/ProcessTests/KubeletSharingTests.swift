import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Kubelet: several pods on one volume", .requiresRoot)
struct KubeletSharingTests {
    @Test("Two PVs with one handle share a staging folder, and the end of one leaves the other alone")
    func twoPVs() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig)
            let (one, two) = (life.asPV("pv-one"), life.asPV("pv-two"))
            #expect(kubelet.staging(of: one) == kubelet.staging(of: two))
            try kubelet.start(one, in: Pod(1))
            try kubelet.start(two, in: Pod(2))
            #expect(try Host.mounts(at: kubelet.staging(of: one)) == 1)
            try Host.write("shared", to: "\(kubelet.target(of: one, in: Pod(1)))/file")
            try kubelet.tearDown(one, in: Pod(1))
            // Kubelet counts by handle, so it does not unstage here; a driver that is asked does not either.
            try rig.client.refuses(kubelet.unstageRequest(one), .failedPrecondition)
            #expect(try Host.read("\(kubelet.target(of: two, in: Pod(2)))/file") == "shared")
            try kubelet.end(two, in: Pod(2))
            try life.delete()
        }
    }

    @Test(
        "Two pods of one node write to a ReadWriteOnce volume, and a third one reads",
        arguments: Kind.allCases)
    func readWriteOnce(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            for number in 1...2 { try kubelet.start(volume, in: Pod(number)) }
            try kubelet.start(volume, in: Pod(3), readOnly: true)
            let targets = (1...3).map { kubelet.target(of: volume, in: Pod($0)) }
            if kind == .block {
                for target in targets[...1] { #expect(try Host.takesWrites(target)) }
                #expect(try kubelet.holds(of: volume, in: Pod(2)).count == 1)
            } else {
                for (number, target) in targets[...1].enumerated() {
                    try Host.write("\(number)", to: "\(target)/file-\(number)")
                }
                #expect(try Host.names(in: targets[2]).contains("file-1"))
                #expect(try Host.refusesWrites(targets[2]))
            }
            #expect(try life.devices().count == 1)
            for number in [1, 3] { try kubelet.tearDown(volume, in: Pod(number)) }
            if kind != .block { try Host.write("on", to: "\(targets[1])/file") }
            try kubelet.end(volume, in: Pod(2))
            try life.delete()
        }
    }

    @Test(
        "A ReadWriteOncePod volume takes one pod; the next one gets in when that is gone, or only noted",
        arguments: [Kind.ext4, .block])
    func readWriteOncePod(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV(mode: .singleNodeSingleWriter)
            try kubelet.start(volume, in: Pod(1))
            func refused() throws {
                let status = #expect(throws: CSIStatus.self) { try kubelet.setUp(volume, in: Pod(2)) }
                #expect(status?.code == .failedPrecondition)
                #expect(status?.message.contains(kubelet.target(of: volume, in: Pod(1))) == true)
                #expect(try !Host.exists(kubelet.target(of: volume, in: Pod(2))))
            }
            try refused()
            try rig.restartAfterKill()
            try refused()
            try kubelet.start(volume, in: Pod(1))
            try kubelet.tearDown(volume, in: Pod(1))
            try kubelet.setUp(volume, in: Pod(2))
            // A reboot, and nobody ever unpublishes the second pod before the third comes.
            try kubelet.reboot()
            try kubelet.start(volume, in: Pod(3))
            try kubelet.tearDown(volume, in: Pod(2))
            try kubelet.end(volume, in: Pod(3))
            try life.delete()
        }
    }

    @Test(
        "A snapshot restored as ReadOnlyMany is read by several pods beside its source, whatever its consistency",
        arguments: Kind.allCases, ["frozen", "crash"])
    func readOnlyMany(kind: Kind, consistency: String) throws {
        try Rig.run(.init(filesystem: .xfs, poolBytes: 2 << 30)) { rig in
            let kubelet = try Kubelet(rig)
            let source = try Life(rig, kind)
            try kubelet.start(source.asPV(), in: Pod(9))
            let path = kubelet.target(of: source.asPV(), in: Pod(9))
            if kind == .block {
                try Host.run("dd", "if=/etc/hostname", "of=\(path)", "conv=notrunc,fsync")
            } else {
                try Host.write("seen", to: "\(path)/file")
            }
            let snapshot = try source.cut("snap", ["consistency": consistency])
            let request = kind.create("reader", mode: .multiNodeReaderOnly, from: snapshot.asSource)
            let handle = try #require(try rig.client.call(request).volume).volumeID
            let volume = PersistentVolume(
                handle: handle, kind: kind, name: "pvc-reader", mode: .multiNodeReaderOnly)
            for number in 1...3 { try kubelet.start(volume, in: Pod(number), readOnly: number > 1) }
            for number in 1...3 {
                let target = kubelet.target(of: volume, in: Pod(number))
                if kind == .block {
                    #expect(try !Host.takesWrites(target))
                } else {
                    #expect(try Host.read("\(target)/file") == "seen")
                    #expect(try Host.refusesWrites(target))
                }
                #expect(try kubelet.stats(volume, in: Pod(number)).volumeCondition?.abnormal == false)
            }
            for number in 1...3 { try kubelet.tearDown(volume, in: Pod(number)) }
            try kubelet.unmountDevice(volume)
            try kubelet.end(source.asPV(), in: Pod(9))
            _ = try rig.client.call(CSI.DeleteVolumeRequest(volumeID: handle))
            try source.delete()
            try rig.deleteSnapshot(snapshot)
        }
    }
}
