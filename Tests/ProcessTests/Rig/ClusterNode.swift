import CSIWire
import LinuxHost
import TestSupport
import Testing

/// A node of a cluster: a machine of its own with a driver and its pool.
final class ClusterNode: Sendable {
    let number: Int
    let machine: Machine
    /// The folder with the node's certificate.
    let certificate: String
    private let network: ClusterNetwork
    private let disk: TestPool?

    init(
        _ number: Int, in folder: String, on network: ClusterNetwork, certificate: String,
        filesystem: TestPool.Filesystem?
    ) throws {
        self.number = number
        self.network = network
        self.certificate = certificate
        disk = try filesystem.map { try TestPool($0, bytes: 1 << 30) }
        machine = try Machine("\(folder)/node-\(number)")
    }

    var name: String { "node-\(number)" }

    var address: String { ClusterNetwork.address(number) }

    var client: DriverClient { machine.client }

    /// Where its pool is.
    var pool: String { (disk?.path ?? machine.folder) + "/pool" }

    /// The pool's id.
    var poolID: String {
        get throws {
            let reply = try client.call(CSI.GetPluginInfoRequest())
            return try #require(reply.manifest["pool.default"])
        }
    }

    /// The topology that the provisioner sends for this node.
    var topology: CSI.Topology {
        get throws {
            try #require(try client.call(CSI.NodeGetInfoRequest()).accessibleTopology)
        }
    }

    /// Starts the driver and waits for its socket and its port; `words` stand before the program.
    func start(
        pool: String? = nil, certificate: String? = nil, nodeID: String? = nil, behind words: [String] = [],
        opensPort: Bool = true
    ) throws {
        let before = portsOpened
        try machine.launch(
            network.onNode(number) + words + [
                try DriverProcess.program(), "serve", "--role", "node", "--node-id", nodeID ?? name,
                "--endpoint", "unix://\(machine.socket)", "--pool", "default=\(pool ?? self.pool)",
                "--state-dir", "\(machine.folder)/state", "--relay-address", ":\(Cluster.port)", "--tls-dir",
                certificate ?? self.certificate,
            ])
        try machine.running.waitUntilReady()
        if opensPort { try waitUntil("the port of \(name) is open") { self.portsOpened > before } }
    }

    /// How often it has opened its port, by its log.
    private var portsOpened: Int { machine.log.ranges(of: "port for the relay is open").count }

    /// Cuts the link: packets vanish in both directions.
    func cut() throws { try network.setLink(number, up: false) }

    func mend() throws { try network.setLink(number, up: true) }

    /// Everything in the pool that belongs to a volume, made or half-made, as `volumes/name`.
    func files() throws -> [String] {
        guard try FileStatus.at("\(pool)/pool.json") != nil else { return [] }
        return try ["volumes", "snapshots", "groups", "staging", "trash"].flatMap { part in
            try Directory.open("\(pool)/\(part)").entries().sorted().map { "\(part)/\($0)" }
        }
    }

    /// Mounts and devices of its volumes, wherever they are mounted.
    func leaks() throws -> [KernelLeaks] {
        try [machine.folder, pool].map { try KernelLeaks.below($0) }.filter { !$0.isEmpty }
    }

    /// Takes them all away.
    func clear() throws {
        for path in [machine.folder, pool] { try KernelLeaks.clear(below: path) }
    }
}
