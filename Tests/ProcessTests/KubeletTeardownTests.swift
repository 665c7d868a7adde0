import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Kubelet: teardown", .requiresRoot)
struct KubeletTeardownTests {
    @Test(
        "Unstage before unpublish is refused and names the pod's path; then all goes in order",
        arguments: Kind.allCases)
    func wrongOrder(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            try kubelet.start(volume)
            for _ in 1...2 {
                try rig.client.refuses(
                    kubelet.unstageRequest(volume), .failedPrecondition,
                    naming: kubelet.target(of: volume, in: Pod()))
            }
            #expect(try kubelet.stats(volume, in: Pod()).volumeCondition?.abnormal == false)
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test(
        "Every step of the teardown may come twice, or for what never was, with and without its folders",
        arguments: [Kind.ext4, .block])
    func repeats(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            func undo() throws {
                _ = try rig.client.call(kubelet.unpublishRequest(volume, in: Pod()))
                _ = try rig.client.call(kubelet.unstageRequest(volume))
            }
            try undo()
            try kubelet.start(volume)
            try kubelet.tearDown(volume)
            try undo()
            try kubelet.unmountDevice(volume)
            try undo()
            // Only folders and notes, as after a stage that failed in between.
            try Host.makeFolders(kubelet.staging(of: volume))
            try Host.makeFolders(kubelet.podFolder(of: volume, in: Pod()))
            try kubelet.end(volume)
            try life.delete()
            // And once more for a volume that was deleted meanwhile.
            try Host.makeFolders(kubelet.staging(of: volume))
            try kubelet.end(volume)
            try undo()
        }
    }

    @Test(
        "A delete that comes before kubelet is done is refused until it is done, and then succeeds at once",
        arguments: Kind.allCases)
    func earlyDelete(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            try kubelet.start(volume)
            // The pod was deleted by force; kubelet and driver were down meanwhile.
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            try rig.restartAfterKill()
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            try kubelet.tearDown(volume)
            try rig.client.refuses(life.deleteRequest, .failedPrecondition)
            try kubelet.unmountDevice(volume)
            try life.delete()
            try kubelet.end(volume)
        }
    }

    @Test(
        "What kubelet is told nothing about, as its driver was killed meanwhile, it keeps, and it succeeds when asked again",
        arguments: [Kind.ext4, .block])
    func driverGone(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            try rig.driver.kill9()
            #expect(throws: (any Error).self) { try kubelet.mountDevice(volume) }
            try rig.start()
            try kubelet.mountDevice(volume)
            try rig.driver.kill9()
            #expect(throws: (any Error).self) { try kubelet.setUp(volume, in: Pod()) }
            try rig.start()
            try kubelet.setUp(volume, in: Pod())
            try rig.driver.kill9()
            #expect(throws: (any Error).self) { try kubelet.tearDown(volume) }
            try rig.start()
            try kubelet.tearDown(volume)
            try rig.driver.kill9()
            #expect(throws: (any Error).self) { try kubelet.unmountDevice(volume) }
            try rig.start()
            try kubelet.unmountDevice(volume)
            try life.delete()
        }
    }

    @Test("A pod whose folder somebody unmounted and removed by hand stops neither unstage nor delete")
    func removedByHand() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig)
            let volume = life.asPV()
            try kubelet.start(volume)
            try Host.run("umount", kubelet.target(of: volume, in: Pod()))
            try Host.removeTree("\(kubelet.root)/pods/\(Pod().uid)")
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test(
        "While a process of the pod still uses the volume its teardown is refused in words, and later succeeds",
        arguments: [Kind.ext4, .xfs, .block])
    func busy(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            try kubelet.start(volume)
            let target = kubelet.target(of: volume, in: Pod())
            let opened = kind == .block ? target : "\(target)/file"
            if kind != .block { try Host.write("open", to: opened) }
            let user = try DriverProcess(
                command: ["sh", "-c", "exec sleep 60 < \"$0\"", opened], socket: "", log: "\(rig.path)/user")
            try waitUntil("the process has it open") {
                try Host.run("readlink", "/proc/\(user.processID)/fd/0").hasSuffix(opened)
            }
            for _ in 1...2 {
                try rig.client.refuses(
                    kubelet.unpublishRequest(volume, in: Pod()), .failedPrecondition,
                    naming: "\(target) is busy")
            }
            #expect(try Host.mounts(at: target) == 1)
            user.kill9()
            try kubelet.end(volume)
            try life.delete()
        }
    }
}
