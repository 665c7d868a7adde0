import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("The socket", .requiresRoot)
struct SocketTests {
    @Test("A second driver on a live socket ends with a sentence, and the first goes on")
    func twoDrivers() throws {
        try Rig.run { rig in
            let second = try DriverProcess(
                command: try rig.command(pools: ["default=\(rig.path)/pool-2"]), socket: rig.socket,
                log: "\(rig.path)/log-2")
            #expect(try second.waitForEnd() == .exited(1))
            #expect(second.log.contains(rig.socket), "\(second.log)")
            _ = try rig.client.call(CSI.ProbeRequest())
        }
    }

    @Test("A socket that a crash left is replaced, one that is a file is not")
    func staleSocket() throws {
        try Rig.run { rig in
            try rig.driver.kill9()
            #expect(try Host.exists(rig.socket))
            try rig.start()
            #expect(try FileStatus.at(rig.socket)?.mode ?? 0 & 0o777 == 0o660)
            #expect(try rig.driver.stop() == .exited(0))
            #expect(try !Host.exists(rig.socket))
            try Host.write("mine", to: rig.socket)
            #expect(try rig.launch().waitForEnd() == .exited(1))
            #expect(try Host.read(rig.socket) == "mine")
        }
    }

    @Test("A path that is too long for a socket ends the start with a sentence")
    func longPath() throws {
        try Rig.run(.init(starts: false)) { rig in
            let socket = "\(rig.path)/" + String(repeating: "s", count: 120)
            let child = try DriverProcess(
                command: try rig.command(socket: socket), socket: socket, log: "\(rig.path)/log")
            #expect(try child.waitForEnd() != .exited(0))
            #expect(!child.log.isEmpty)
        }
    }
}
