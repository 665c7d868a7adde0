import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("Certificates that change while they are used", .requiresRoot)
struct RelayRotationTests {
    /// How new certificates come.
    enum Exchange: String, CaseIterable, CustomTestStringConvertible {
        /// Made by the same command in the same folder.
        case renewal
        /// Of another authority, file by file.
        case authority
        /// The same, as kubelet changes a mounted Secret: all files with one rename.
        case secret

        var testDescription: String { rawValue }
    }

    @Test(
        "Certificates are exchanged under running processes, and no call fails for it",
        arguments: Exchange.allCases)
    func rotation(exchange: Exchange) async throws {
        try await Cluster.run(.init(relays: 2, starts: false)) { cluster in
            let certificates = cluster.certificates
            if exchange == .secret {
                for folder in [certificates.node, certificates.controller] {
                    try ClusterCertificates.mount(folder, at: folder)
                }
            }
            try cluster.start()
            let node = cluster.nodes[0]
            let before = try serial(cluster, of: node)
            let request = try ClusterVolume.request(on: node)
            try cluster.client.expectQuick(request)
            switch exchange {
            case .renewal: try certificates.renew()
            case .authority, .secret:
                let other = try ClusterCertificates("\(cluster.path)/other")
                for (from, to) in [
                    (other.node, certificates.node), (other.controller, certificates.controller),
                ] {
                    if exchange == .secret {
                        try ClusterCertificates.mount(from, at: to)
                    } else {
                        try ClusterCertificates.copy(from, to: to)
                    }
                }
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
