import Glibc
import RPCChannel
import RPCClient
import RPCServer
import TestSupport
import Testing

/// Runs alone in a process of its own, where no other test opens descriptors.
@Suite("Many short connections")
struct LeakTests {
    struct Usage: CustomStringConvertible {
        let descriptors = Files.openDescriptors
        let threads = Files.threads
        let memory = Files.anonymousMemory

        var description: String { "\(descriptors) descriptors, \(threads) threads, \(memory) KiB" }
    }

    /// One call on a connection of its own.
    static func short(_ socket: String) throws {
        let connection = try RPCConnection(socket: socket)
        let reply = try connection.unary("/t.T/Size", [1, 2, 3], timeout: 10)
        guard reply.body == Array("3".utf8) else { fatalError("wrong reply \(reply)") }
    }

    @Test("Two thousand connections leave no descriptor, thread or memory behind")
    func shortConnections() async {
        await #expect(processExitsWith: .success) {
            let rig = try Rig()
            for _ in 0..<500 { try Self.short(rig.socket) }
            usleep(100_000)
            let before = Usage()

            // The counter sees a connection that is not closed: its two ends.
            let leaked = try RPCConnection(socket: rig.socket)
            _ = try leaked.unary("/t.T/Size", [], timeout: 5)
            #expect(Files.openDescriptors == before.descriptors + 2)
            leaked.close()
            let thread = Background { usleep(50_000) }
            #expect(Files.threads == before.threads + 1)
            _ = try thread.value()

            for _ in 0..<2000 { try Self.short(rig.socket) }
            let settled = eventually(seconds: 5) {
                Files.openDescriptors == before.descriptors && Files.threads <= before.threads
            }
            let after = Usage()
            #expect(settled, "before: \(before); after: \(after)")
            // A leaked connection costs 10 KiB and more, so a leak would show as tens of MiB.
            #expect(
                Sanitizer.isOn || after.memory < before.memory + 2048, "before: \(before); after: \(after)"
            )
        }
    }

    @Test("Starting and stopping fifty servers leaves no descriptor or thread behind")
    func servers() async {
        await #expect(processExitsWith: .success) {
            func once() throws {
                let rig = try Rig()
                try Self.short(rig.socket)
                rig.server.stop()
            }
            for _ in 0..<5 { try once() }
            usleep(100_000)
            let before = Usage()
            for _ in 0..<50 { try once() }
            let settled = eventually(seconds: 5) {
                Files.openDescriptors <= before.descriptors && Files.threads <= before.threads
            }
            #expect(settled, "before: \(before); after: \(Usage())")
        }
    }

    @Test("Ports and channels that come and go leave no descriptor, thread or memory behind")
    func channels() async {
        await #expect(processExitsWith: .success) {
            let authority = try Authority()
            let (node, caller) = (try authority.node(), try authority.caller())
            func once() throws {
                let server = try RPCServer.start(
                    address: "127.0.0.1:0", tls: node, callerName: Authority.callerName, methods: Rig.basics)
                let channels = try RPCChannels(tls: caller, nodeName: Authority.nodeName)
                let call = RPCOutgoingCall(
                    address: "127.0.0.1:\(server.port)", method: "/t.T/Size", request: [1])
                for _ in 0..<2 {
                    guard channels.call(call, until: nil).code == 0 else { fatalError("no answer") }
                    channels.forget(call.address)
                }
                server.stop()
            }
            for _ in 0..<30 { try once() }
            usleep(100_000)
            let before = Usage()
            for _ in 0..<100 { try once() }
            let settled = eventually(seconds: 5) {
                Files.openDescriptors <= before.descriptors && Files.threads <= before.threads
            }
            let after = Usage()
            #expect(settled, "before: \(before); after: \(after)")
            // What one round leaves would show as several MiB.
            #expect(
                Sanitizer.isOn || after.memory < before.memory + 4096, "before: \(before); after: \(after)")
        }
    }
}
