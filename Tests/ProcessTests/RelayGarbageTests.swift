import CSIWire
import LinuxHost
import TestSupport
import Testing

@Suite("A relay among strangers", .requiresRoot)
struct RelayGarbageTests {
    /// Who listens where a node should.
    enum Stranger: String, CaseIterable, CustomTestStringConvertible {
        case silent, noise, http, tls, tlsOnly

        var testDescription: String { rawValue }

        func command(_ certificate: String) -> [String] {
            let server =
                [
                    "openssl", "s_server", "-accept", "\(Cluster.port)", "-www", "-quiet",
                ]
                + [("cert", "tls.crt"), ("key", "tls.key"), ("CAfile", "ca.crt")].flatMap {
                    ["-\($0)", "\(certificate)/\($1)"]
                }
            return switch self {
            case .silent: Self.perl("push @kept, $c")
            case .noise: Self.perl("open R, '<', '/dev/urandom'; read R, $b, 20000; print $c $b; close $c")
            case .http:
                Self.perl("print $c \"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi\"; close $c")
            case .tls: server + ["-alpn", "h2"]
            case .tlsOnly: server
            }
        }

        private static func perl(_ body: String) -> [String] {
            [
                "perl", "-MIO::Socket::INET", "-e",
                "$SIG{PIPE} = 'IGNORE'; $s = IO::Socket::INET->new(LocalPort => \(Cluster.port), Listen => 9, "
                    + "ReuseAddr => 1) or die; while ($c = $s->accept) { \(body) }",
            ]
        }
    }

    @Test(
        "Whoever answers garbage in the place of a node is not believed, and keeps nobody from the others",
        arguments: Stranger.allCases)
    func garbage(stranger: Stranger) async throws {
        try await Cluster.run(.init(starts: false)) { cluster in
            let (good, bad) = (cluster.nodes[0], cluster.nodes[1])
            try good.start()
            let machine = try Machine("\(cluster.path)/stranger")
            try machine.launch(cluster.network.onNode(1) + stranger.command(cluster.certificates.node))
            try cluster.relay.start()
            try cluster.relay.waitUntilReady()
            try cluster.relay.machine.waitForLog("node not reached")
            let client = cluster.client
            try client.expectQuick(try ClusterVolume.request(on: good))
            try client.expectUnavailable(CSI.ListVolumesRequest(), naming: bad.address)
            try client.expectUnavailable(CSI.GetCapacityRequest(), naming: bad.address)
            machine.kill9()
            try bad.start()
            let found = try client.repeatUntilOK(CSI.ListVolumesRequest())
            #expect(found.entries.count == 1)
            try ClusterVolume(cluster, on: good).delete()
        }
    }
}
