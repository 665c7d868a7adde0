import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("The socket without the Node service", .requiresRoot)
struct ControllerSocketTests {
    private static func run(
        _ options: Rig.Options = Rig.Options(), _ body: (Rig, DriverClient) throws -> Void
    ) throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/controller/csi.sock"
        var options = options
        options.flags += ["--controller-endpoint", "unix://\(path)"]
        try Rig.run(options) { rig in try body(rig, DriverClient(socket: path)) }
    }

    @Test("It serves what sidecars call, on the same volumes, and refuses what mounts as unknown")
    func services() throws {
        try Self.run { rig, sidecar in
            #expect(try FileStatus.at(sidecar.socket)?.mode ?? 0 & 0o777 == 0o660)
            #expect(try sidecar.call(CSI.ProbeRequest()).ready == true)
            #expect(
                try sidecar.call(CSI.GetPluginCapabilitiesRequest())
                    == rig.client.call(CSI.GetPluginCapabilitiesRequest()))
            let life = try Life(rig)
            #expect(try sidecar.call(CSI.ListVolumesRequest()).entries.count == 1)
            for method in CSIMethod.all where method.path.hasPrefix("/csi.v1.Node/") {
                let isQuestion = method.path.hasSuffix("/NodeGetCapabilities")
                do {
                    _ = try sidecar.raw(method.path, [])
                    #expect(isQuestion, "\(method.path) is served")
                } catch let status as CSIStatus {
                    #expect(!isQuestion && status.code == .unimplemented, "\(method.path): \(status)")
                }
            }
            try life.stage()
            try life.publish()
            // What kubelet mounted by the one, sidecars see by the other.
            #expect(try sidecar.code(of: life.deleteRequest) == .failedPrecondition)
            try life.unpublish()
            try life.unstage()
            _ = try sidecar.call(life.deleteRequest)
        }
    }

    @Test("Both go at a stop, both come back after a kill, and one in use by another ends the start")
    func life() throws {
        try Self.run { rig, sidecar in
            try rig.restartAfterKill()
            _ = try sidecar.call(CSI.ProbeRequest())
            let second = try DriverProcess(
                command: try rig.command(
                    pools: ["default=\(rig.path)/pool-2"], socket: "\(rig.path)/other.sock"),
                socket: rig.socket, log: "\(rig.path)/log-2")
            #expect(try second.waitForEnd() == .exited(1))
            #expect(second.log.contains(sidecar.socket), "\(second.log)")
            _ = try sidecar.call(CSI.ProbeRequest())
            #expect(try rig.driver.stop() == .exited(0))
            #expect(try !Host.exists(sidecar.socket) && !Host.exists(rig.socket))
        }
    }

    @Test("Calls that hang at the one take no thread from the other")
    func apart() throws {
        let options = Rig.Options(filesystem: .ext4, poolBytes: 4 << 30, flags: Operator.flags)
        try Self.run(options) { rig, sidecar in
            let page = try Operator(rig)
            let place = try #require(rig.poolFilesystem).path
            let life = try Life.published(rig)
            try Host.run("fsfreeze", "--freeze", place)
            for number in 1...20 {
                // More than a server has threads; each ends after the thaw.
                _ = try OwnThread.start(name: "hanging") {
                    _ = try? sidecar.call(Kind.ext4.create("vol-\(number)"))
                }
            }
            do {
                try waitUntil("the calls hang") {
                    let now = try page.scrape()
                    return try now.value("loopcsi_calls_in_flight") == 20
                        && now.value("loopcsi_queue_length") ?? 0 > 0
                }
                #expect(try life.stats().usage.isEmpty == false)
            } catch {
                Issue.record(error)
            }
            try Host.run("fsfreeze", "--unfreeze", place)
            try waitUntil("all are over") { try page.scrape().value("loopcsi_calls_in_flight") == 0 }
            try life.end()
            for number in 1...20 { try Life(rig, name: "vol-\(number)").delete() }
        }
    }
}
