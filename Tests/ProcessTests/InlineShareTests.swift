import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("The share of a pool that inline volumes may have", .requiresRoot)
struct InlineShareTests {
    private static func flags(_ share: String) -> Rig.Options {
        Rig.Options(
            filesystem: .xfs, poolBytes: 2 << 30, flags: ["--inline-share", share] + Operator.flags)
    }

    @Test(
        "Pods that ask all at once get no more than the share, the others wait, and one that ends makes room")
    func bound() throws {
        try Rig.run(Self.flags("20%")) { rig in
            let pods = try (0..<12).map { try InlineTests.Pod(rig, uid: "\(10 + $0)") }
            let refusals = try together(pods.count) { number in
                do {
                    try pods[number].publish(["size": "64Mi"])
                    return nil as CSIStatus?
                } catch let status as CSIStatus {
                    return status
                }
            }
            let told = refusals.compactMap(\.self)
            let most = try #require(
                try Operator(rig).scrape().value("loopcsi_pool_inline_limit_bytes")
            ).rounded(.down)
            let fitting = Int(most) >> 26
            #expect(fitting < pods.count && told.count == pods.count - fitting)
            for status in told {
                #expect(status.code == .resourceExhausted)
                #expect(status.message.contains("--inline-share"), "\(status)")
            }
            let page = try Operator(rig).scrape { scrape in
                try scrape.value("loopcsi_pool_inline_bytes") == Double(fitting << 26)
            }
            #expect(try page.value("loopcsi_pool_volumes") == Double(fitting))
            // A claim is not concerned.
            let claim = try Life(rig)
            let there = try pods.filter { try Host.exists($0.target) }
            let waiting = try #require(try pods.first { try !Host.exists($0.target) })
            #expect(there.count == fitting)
            // What is there counts after a restart too, and a repeat of its call finds it.
            try rig.restartAfterKill()
            try rig.client.refuses(waiting.publishRequest(), .resourceExhausted, naming: "--inline-share")
            try there[0].publish()
            try there[0].unpublish()
            try waiting.publish()
            for pod in there.dropFirst() + [waiting] { try pod.unpublish() }
            try claim.delete()
        }
    }

    @Test("A share of 0 is none at all, and what is there can still be taken down")
    func none() throws {
        try Rig.run(Self.flags("50%")) { rig in
            let pod = try InlineTests.Pod(rig)
            try pod.publish()
            try rig.driver.stop()
            let flags = ["--inline-share", "0%"]
            let second = try DriverProcess(
                command: try rig.command() + flags, socket: rig.socket, log: "\(rig.path)/log-2")
            try second.waitUntilReady()
            let other = try InlineTests.Pod(rig, uid: "0d")
            try rig.client.refuses(other.publishRequest(), .failedPrecondition, naming: "--inline-share")
            try pod.unpublish()
            #expect(try second.stop() == .exited(0))
            try rig.start()
        }
    }
}
