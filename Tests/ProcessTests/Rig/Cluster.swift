import CSIWire
import LinuxHost
import TestSupport
import Testing

/// Nodes on machines of their own, relays on another one, and the name that all nodes are behind.
final class Cluster: Sendable {
    /// What a test needs.
    struct Options: Sendable {
        var nodes = 2
        var relays = 1
        /// The file system under each pool, where it matters.
        var filesystem: TestPool.Filesystem?
        /// True where a test attaches and mounts volumes, which a new mount namespace of another test would hold.
        var mounts = false
        /// False where a test starts the nodes and relays itself.
        var starts = true
        /// False where a test leaves volumes on purpose.
        var expectsEmptyPools = true
    }

    static let port = 9810
    static let name = "nodes.test"

    let path: String
    let network: ClusterNetwork
    let certificates: ClusterCertificates
    let nodes: [ClusterNode]
    let relays: [ClusterRelay]
    private let options: Options
    private let folder: TemporaryFolder

    /// Runs a test body with a cluster, stops everything, and expects that no mount, no device and no file is left.
    static func run(
        _ options: Options = Options(), sourceLocation: SourceLocation = #_sourceLocation,
        _ body: @escaping @Sendable (Cluster) throws -> Void
    ) async throws {
        try await Aside.run {
            // Outside of the turnstile, which it goes through by itself.
            _ = try CleanMounts.words()
            if options.mounts { Turnstile.shared.enter(alone: false) }
            defer { if options.mounts { Turnstile.shared.leave(alone: false) } }
            let cluster = try Cluster(options)
            do {
                if options.starts { try cluster.start() }
                try body(cluster)
            } catch {
                Issue.record("\(cluster.logs)", sourceLocation: sourceLocation)
                try cluster.tearDown()
                throw error
            }
            try cluster.finish(sourceLocation)
        }
    }

    private init(_ options: Options) throws {
        self.options = options
        let folder = try TemporaryFolder()
        let network = try ClusterNetwork(nodes: options.nodes)
        let certificates = try ClusterCertificates("\(folder.path)/certs")
        self.folder = folder
        path = folder.path
        self.network = network
        self.certificates = certificates
        nodes = try (0..<options.nodes).map {
            try ClusterNode(
                $0, in: folder.path, on: network, certificate: certificates.node,
                filesystem: options.filesystem)
        }
        relays = try (0..<options.relays).map {
            try ClusterRelay($0, in: folder.path, on: network, certificate: certificates.controller)
        }
        for relay in relays { try relay.lead(to: nodes.map(\.address)) }
    }

    /// Starts all nodes and then all relays, and waits until these know those.
    func start() throws {
        for node in nodes { try node.start() }
        for relay in relays { try relay.start() }
        for relay in relays { try relay.waitUntilReady() }
    }

    /// The first relay.
    var relay: ClusterRelay { relays[0] }

    /// The callers' way to the first relay.
    var client: DriverClient { relay.client }

    /// The ends of all logs.
    var logs: String {
        (relays.map(\.machine) + nodes.map(\.machine)).map { "\($0.folder):\n\($0.log.suffix(3000))" }
            .joined(separator: "\n")
    }

    private func finish(_ sourceLocation: SourceLocation) throws {
        for relay in relays { try relay.machine.stop(sourceLocation: sourceLocation) }
        for node in nodes { try node.machine.stop(sourceLocation: sourceLocation) }
        for node in nodes {
            let leaks = try node.leaks()
            #expect(leaks.isEmpty, "\(leaks)", sourceLocation: sourceLocation)
            if options.expectsEmptyPools {
                #expect(try node.files() == [], sourceLocation: sourceLocation)
            }
        }
        try tearDown()
    }

    private func tearDown() throws {
        for relay in relays { relay.machine.kill9() }
        for node in nodes { node.machine.kill9() }
        for node in nodes { try node.clear() }
    }
}
