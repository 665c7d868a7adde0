import CSIWire
import LinuxHost
import Testing

/// A relay of a cluster, in a mount namespace of its own, in which the nodes' name leads to where a test says.
final class ClusterRelay: Sendable {
    let machine: Machine
    /// The folder with the relay's certificate.
    let certificate: String
    private let network: ClusterNetwork

    init(_ number: Int, in folder: String, on network: ClusterNetwork, certificate: String) throws {
        self.network = network
        self.certificate = certificate
        machine = try Machine("\(folder)/relay-\(number)")
        try setResolver(works: true)
    }

    var client: DriverClient { machine.client }

    private var hosts: String { "\(machine.folder)/hosts" }
    private var resolver: String { "\(machine.folder)/nsswitch.conf" }

    /// Lets the nodes' name lead to these addresses from now on.
    func lead(to addresses: [String]) throws {
        let lines = ["127.0.0.1 localhost"] + addresses.map { "\($0) \(Cluster.name)" }
        try overwrite(hosts, lines.joined(separator: "\n") + "\n")
    }

    /// Without a resolver that works, a name that leads nowhere is one that cannot be looked up.
    func setResolver(works: Bool) throws {
        try overwrite(resolver, works ? "hosts: files\n" : "hosts: files dns\n")
    }

    /// The file keeps its inode, which is mounted, and its size, so that nobody reads half of it.
    private func overwrite(_ path: String, _ text: String) throws {
        let padded = text + String(repeating: "\n", count: 4096 - text.utf8.count)
        guard try Host.exists(path) else { return try Host.write(padded, to: path) }
        let file = try OwnedDescriptor.open(path, .readWrite)
        try file.pwrite(Array(padded.utf8), offset: 0)
        try file.close()
    }

    /// Starts the relay; `changes` are shell commands about its mounts, `words` stand before the program.
    func start(
        changes: String = "", words: [String] = [], program: String? = nil, certificate: String? = nil
    ) throws {
        let script = """
            mount --bind \(hosts) /etc/hosts
            mount --bind \(resolver) /etc/nsswitch.conf
            \(changes)
            exec "$@"
            """
        try machine.launch(
            network.onHub + CleanMounts.words() + ["sh", "-e", "-c", script, "sh"] + words + [
                try program ?? DriverProcess.program(), "serve", "--role", "controller",
                "--endpoint", "unix://\(machine.socket)", "--nodes", "\(Cluster.name):\(Cluster.port)",
                "--tls-dir", certificate ?? self.certificate,
            ])
        try machine.running.waitUntilReady()
    }

    /// Waits until it has found out who there is.
    func waitUntilReady() throws {
        try waitUntil("the relay knows the nodes") {
            try self.client.call(CSI.ProbeRequest()).ready != false
        }
    }
}
