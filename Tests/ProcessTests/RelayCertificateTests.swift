import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Certificates of relay and nodes", .requiresRoot)
struct RelayCertificateTests {
    /// What is wrong with a folder.
    enum Flaw: String, CaseIterable, CustomTestStringConvertible {
        case missing, expired, otherRole

        var testDescription: String { rawValue }

        /// What the log says of it.
        var words: String {
            switch self {
            case .missing: "it is not there"
            case .expired: "it expired at"
            case .otherRole: "it is not for the name"
            }
        }

        /// Makes a folder for that role; returns its path.
        func make(_ cluster: Cluster, forNode: Bool) throws -> String {
            let folder = "\(cluster.path)/flawed"
            try Host.makeFolder(folder)
            let own = cluster.certificates
            switch self {
            case .missing: break
            case .expired:
                let old = try ClusterCertificates("\(cluster.path)/old", goodForSeconds: -60)
                try ClusterCertificates.copy(forNode ? old.node : old.controller, to: folder)
            case .otherRole: try ClusterCertificates.copy(forNode ? own.controller : own.node, to: folder)
            }
            return folder
        }
    }

    @Test(
        "A node without a good certificate serves kubelet, says what is wrong, and opens its port when it is good",
        arguments: Flaw.allCases)
    func node(flaw: Flaw) async throws {
        try await Cluster.run(.init(starts: false)) { cluster in
            let (good, bad) = (cluster.nodes[0], cluster.nodes[1])
            let folder = try flaw.make(cluster, forNode: true)
            try good.start()
            try bad.start(certificate: folder, opensPort: false)
            try bad.machine.waitForLog("the certificate is not good")
            #expect(bad.machine.log.contains(flaw.words), "\(bad.machine.log)")
            try cluster.relay.start()
            try cluster.relay.waitUntilReady()
            let client = cluster.client
            try client.expectQuick(try ClusterVolume.request(on: good))
            try client.expectUnavailable(CSI.ListVolumesRequest(), naming: bad.address)
            // Kubelet is served all the same.
            let direct = try #require(bad.client.call(Kind.ext4.create("direct")).volume)
            try ClusterCertificates.copy(cluster.certificates.node, to: folder)
            try bad.machine.waitForLog("port for the relay is open")
            #expect(try client.repeatUntilOK(CSI.ListVolumesRequest()).entries.count == 2)
            _ = try client.repeatUntilOK(CSI.DeleteVolumeRequest(volumeID: direct.volumeID))
            try ClusterVolume(cluster, on: good).delete()
        }
    }

    @Test("A relay without a good certificate does not start, and says why", arguments: Flaw.allCases)
    func relay(flaw: Flaw) async throws {
        try await Cluster.run(.init(nodes: 1, starts: false)) { cluster in
            let folder = try flaw.make(cluster, forNode: false)
            #expect(throws: RigTrouble.self) { try cluster.relay.start(certificate: folder) }
            #expect(try cluster.relay.machine.running.waitForEnd() == .exited(1))
            #expect(cluster.relay.machine.log.contains(flaw.words), "\(cluster.relay.machine.log)")
            try cluster.nodes[0].start()
            try cluster.relay.start()
            try cluster.relay.waitUntilReady()
            try ClusterVolume(cluster).delete()
        }
    }

    @Test("A node and a relay of another authority get no call through, in either direction")
    func otherAuthority() async throws {
        try await Cluster.run(.init(relays: 2, starts: false)) { cluster in
            let other = try ClusterCertificates("\(cluster.path)/other")
            let (own, strange) = (cluster.nodes[0], cluster.nodes[1])
            try own.start()
            try strange.start(certificate: other.node)
            try cluster.relays[0].start()
            try cluster.relays[1].start(certificate: other.controller)
            for (relay, (near, far)) in zip(cluster.relays, [(own, strange), (strange, own)]) {
                try relay.waitUntilReady()
                try relay.client.expectQuick(try ClusterVolume.request(on: near))
                try relay.client.expectUnavailable(try ClusterVolume.request(on: far))
                try relay.client.expectUnavailable(CSI.ListVolumesRequest(), naming: far.address)
            }
            strange.machine.kill9()
            try strange.start()
            _ = try cluster.client.repeatUntilOK(CSI.ListVolumesRequest())
            for node in cluster.nodes { try ClusterVolume(cluster, on: node).delete() }
        }
    }

    @Test(
        "Certificates are exchanged under running processes, and no call fails for it",
        arguments: [false, true])
    func rotation(ofAuthority: Bool) async throws {
        try await Cluster.run(.init(relays: 2)) { cluster in
            let certificates = cluster.certificates
            let node = cluster.nodes[0]
            let before = try serial(cluster, of: node)
            let request = try ClusterVolume.request(on: node)
            try cluster.client.expectQuick(request)
            if ofAuthority {
                let other = try ClusterCertificates("\(cluster.path)/other")
                try ClusterCertificates.copy(other.node, to: certificates.node)
                try ClusterCertificates.copy(other.controller, to: certificates.controller)
            } else {
                try certificates.renew()
            }
            // Connections that are there go on while both ends learn of it, each at its own time.
            try waitUntil("the node shows its new certificate") {
                try cluster.client.expectQuick(request)
                return try serial(cluster, of: node) != before
            }
            Clock.sleep(nanoseconds: 3_000_000_000)
            // New connections: of a relay that just starts, and of one that runs to a node that just starts.
            let second = cluster.relays[1]
            second.machine.kill9()
            try second.start()
            try second.waitUntilReady()
            try second.client.expectQuick(request)
            node.machine.kill9()
            try node.start()
            for relay in cluster.relays { _ = try relay.client.repeatUntilOK(request) }
            try ClusterVolume(cluster, on: node).delete()
        }
    }

    /// The serial number of the certificate that a node shows at its port.
    private func serial(_ cluster: Cluster, of node: ClusterNode) throws -> String {
        let folder = cluster.certificates.controller
        let shown = try TestTool.run(
            "sh",
            [
                "-c",
                """
                \(cluster.network.onHub.joined(separator: " ")) openssl s_client -connect \(node.address):\(Cluster.port) \
                -alpn h2 -cert \(folder)/tls.crt -key \(folder)/tls.key </dev/null 2>/dev/null | openssl x509 -noout -serial
                """,
            ])
        return shown.standardOutput
    }

    @Test("A certificate that ends while it is used stops nobody who is connected, and nobody new gets in")
    func endsInUse() async throws {
        try await Cluster.run(.init(nodes: 1, starts: false)) { cluster in
            let node = cluster.nodes[0]
            let short = try ClusterCertificates("\(cluster.path)/short", goodForSeconds: 8)
            let certificates = cluster.certificates
            for (from, to) in [(short.node, certificates.node), (short.controller, certificates.controller)] {
                try ClusterCertificates.copy(from, to: to)
            }
            try cluster.start()
            let request = try ClusterVolume.request(on: node)
            try cluster.client.expectQuick(request)
            Clock.sleep(nanoseconds: 9_000_000_000)
            try cluster.client.expectQuick(request)
            node.machine.kill9()
            try node.start(opensPort: false)
            try node.machine.waitForLog("expired")
            try cluster.client.expectUnavailable(request)
            let new = try ClusterCertificates("\(cluster.path)/new")
            for (from, to) in [(new.node, certificates.node), (new.controller, certificates.controller)] {
                try ClusterCertificates.copy(from, to: to)
            }
            _ = try cluster.client.repeatUntilOK(request)
            try ClusterVolume(cluster, on: node).delete()
        }
    }
}
