import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Kubelet: upgrades of the driver", .requiresRoot)
struct KubeletUpgradeTests {
    /// A process of a pod that writes and syncs until it is told to end, and ends at the first error.
    private struct Workload {
        let process: DriverProcess
        let folder: String

        init(_ rig: Rig, _ kind: Kind, at target: String) throws {
            folder = "\(rig.path)/workload"
            try Host.makeFolder(folder)
            let file = kind == .block ? target : "\(target)/file"
            let words = kind == .block ? "oflag=direct conv=notrunc,fsync" : "conv=fsync"
            let script = """
                n=0; while [ ! -e "$1/stop" ]; do
                dd if=/dev/zero of="$0" bs=64k count=16 \(words) status=none || exit 5
                n=$((n + 1)); echo $n > "$1/new" && mv "$1/new" "$1/rounds"; done
                """
            process = try DriverProcess(
                command: ["sh", "-c", script, file, folder], socket: "", log: "\(folder)/log")
        }

        /// Waits until it has done so many rounds more.
        func goOn(_ rounds: Int = 20) throws {
            let before = try now()
            try waitUntil("the pod has written more") {
                if let ending = process.ended() {
                    throw RigTrouble("the pod ended with \(ending): \(process.log)")
                }
                return try now() >= before + rounds
            }
        }

        private func now() throws -> Int { Int(TextFile.read("\(folder)/rounds") ?? "") ?? 0 }

        func end() throws {
            try Host.write("", to: "\(folder)/stop")
            #expect(try process.waitForEnd() == .exited(0), "\(process.log)")
        }
    }

    @Test(
        "A pod that writes and syncs sees no error while the driver is killed, stopped and started",
        arguments: [Kind.ext4, .xfs, .block])
    func writing(kind: Kind) throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig, kind)
            let volume = life.asPV()
            try kubelet.start(volume)
            let pod = try Workload(rig, kind, at: kubelet.target(of: volume, in: Pod()))
            for isKilled in [true, false] {
                try pod.goOn()
                if isKilled { try rig.driver.kill9() } else { #expect(try rig.driver.stop() == .exited(0)) }
                try pod.goOn()
                try rig.start()
                try kubelet.start(volume)
                try pod.goOn()
            }
            try pod.end()
            #expect(try kubelet.stats(volume, in: Pod()).volumeCondition?.abnormal == false)
            try kubelet.end(volume)
            try life.delete()
        }
    }

    @Test("Two drivers with one pool and a socket each work beside each other, and end each other's volumes")
    func twoDrivers() throws {
        try Rig.run { rig in
            let socket = "\(rig.path)/second.sock"
            let second = try DriverProcess(
                command: try rig.command(socket: socket), socket: socket, log: "\(rig.path)/second.log")
            try second.waitUntilReady()
            let clients = [rig.client, DriverClient(socket: socket)]
            let handles = try together(4) { number in
                let client = clients[number % 2]
                let kubelet = try Kubelet(rig, client: client)
                var handle = ""
                for round in 1...5 {
                    let kind: Kind = (number + round) % 2 == 0 ? .ext4 : .block
                    let request = kind.create("vol-\(number)-\(round)", parameters: ["provisioning": "thin"])
                    handle = try #require(try client.call(request).volume).volumeID
                    let volume = PersistentVolume(handle: handle, kind: kind, name: "pv-\(number)-\(round)")
                    try kubelet.start(volume, in: Pod(number))
                    // The last one is left for the other driver.
                    if round == 5 { break }
                    try kubelet.end(volume, in: Pod(number))
                    _ = try client.call(CSI.DeleteVolumeRequest(volumeID: handle))
                }
                return (number, handle)
            }
            for (number, handle) in handles {
                let client = clients[(number + 1) % 2]
                let kubelet = try Kubelet(rig, client: client)
                let kind: Kind = (number + 5) % 2 == 0 ? .ext4 : .block
                let volume = PersistentVolume(handle: handle, kind: kind, name: "pv-\(number)-5")
                try client.refuses(CSI.DeleteVolumeRequest(volumeID: handle), .failedPrecondition)
                try kubelet.start(volume, in: Pod(number))
                try kubelet.end(volume, in: Pod(number))
                _ = try client.call(CSI.DeleteVolumeRequest(volumeID: handle))
            }
            #expect(try second.stop() == .exited(0))
        }
    }

    @Test("Both at once on the same volume: one of them does it, and there is one device")
    func twoDriversOnOneVolume() throws {
        try Rig.run { rig in
            let socket = "\(rig.path)/second.sock"
            let second = try DriverProcess(
                command: try rig.command(socket: socket), socket: socket, log: "\(rig.path)/second.log")
            try second.waitUntilReady()
            let clients = [rig.client, DriverClient(socket: socket)]
            for kind in [Kind.ext4, .block] {
                let life = try Life(rig, kind, name: "vol-\(kind)")
                let kubelet = try Kubelet(rig)
                let volume = life.asPV()
                for _ in 1...5 {
                    try Host.makeFolders(kubelet.staging(of: volume))
                    let codes = try together(4) { try clients[$0 % 2].code(of: kubelet.stageRequest(volume)) }
                    #expect(codes.contains(.ok), "\(codes)")
                    #expect(Set(codes).isSubset(of: [.ok, .aborted, .failedPrecondition]), "\(codes)")
                    #expect(try life.devices().count == 1)
                    #expect(try Host.mounts(at: kubelet.staging(of: volume)) == (kind == .block ? 0 : 1))
                    try kubelet.unmountDevice(volume)
                }
                try life.delete()
            }
            #expect(try second.stop() == .exited(0))
        }
    }

    @Test("A second driver on the same socket and pool ends with a sentence and harms nothing of the first")
    func sameSocket() throws {
        try Rig.run { rig in
            let kubelet = try Kubelet(rig)
            let life = try Life(rig)
            try kubelet.start(life.asPV())
            let second = try DriverProcess(
                command: try rig.command(), socket: rig.socket, log: "\(rig.path)/second.log")
            #expect(try second.waitForEnd() == .exited(1))
            #expect(second.log.contains("already serves the socket \(rig.socket)"), "\(second.log)")
            #expect(try kubelet.stats(life.asPV(), in: Pod()).volumeCondition?.abnormal == false)
            try kubelet.end(life.asPV())
            try life.delete()
        }
    }

    @Test("The folder of the socket is made; one whose parent is missing ends the start with its name")
    func socketFolder() throws {
        try Rig.run(.init(starts: false)) { rig in
            let made = "\(rig.path)/plugins/csi.sock"
            let first = try DriverProcess(
                command: try rig.command(socket: made), socket: made, log: "\(rig.path)/first.log")
            try first.waitUntilReady()
            #expect(try first.stop() == .exited(0))
            let missing = "\(rig.path)/no/such/folder/csi.sock"
            let second = try DriverProcess(
                command: try rig.command(socket: missing), socket: missing, log: "\(rig.path)/second.log")
            #expect(try second.waitForEnd() == .exited(1))
            #expect(second.log.contains("\(rig.path)/no/such"), "\(second.log)")
            try Host.write("", to: "\(rig.path)/file")
            let blocked = "\(rig.path)/file/csi.sock"
            let third = try DriverProcess(
                command: try rig.command(socket: blocked), socket: blocked, log: "\(rig.path)/third.log")
            #expect(try third.waitForEnd() == .exited(1))
            #expect(third.log.contains("\(rig.path)/file"), "\(third.log)")
        }
    }

    @Test(
        "With --kubelet-root, which may be a link, kubelet works below it and every path elsewhere is refused by name",
        arguments: [Kind.ext4, .block])
    func otherRoot(kind: Kind) throws {
        try Rig.run(.init(kubeletRoot: "linked", starts: false)) { rig in
            try Host.makeFolder("\(rig.path)/data")
            try Host.link("\(rig.path)/linked", to: "\(rig.path)/data")
            try rig.start()
            let life = try Life(rig, kind)
            let kubelet = try Kubelet(rig, root: "\(rig.path)/linked")
            let elsewhere = try Kubelet(rig)
            let volume = life.asPV()
            try Host.makeFolders(elsewhere.staging(of: volume))
            let client = rig.client
            try client.refuses(
                elsewhere.stageRequest(volume), .invalidArgument, naming: "staging_target_path",
                "--kubelet-root")
            try client.refuses(
                elsewhere.unstageRequest(volume), .invalidArgument, naming: "staging_target_path")
            try kubelet.start(volume)
            try client.refuses(
                elsewhere.publishRequest(volume, in: Pod()), .invalidArgument, naming: "target_path")
            try client.refuses(
                elsewhere.unpublishRequest(volume, in: Pod()), .invalidArgument, naming: "target_path")
            try kubelet.start(volume)
            #expect(try Host.mounts(at: kubelet.real(kubelet.target(of: volume, in: Pod()))) == 1)
            #expect(try kubelet.stats(volume, in: Pod()).volumeCondition?.abnormal == false)
            _ = try client.call(kubelet.expandRequest(volume, in: Pod(), to: kind.bytes))
            try kubelet.end(volume)
            try life.delete()
        }
    }
}
