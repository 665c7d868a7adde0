import Certificates
import LinuxHost

/// What a relay needs in order to be measured: certificates, and a name that leads to nodes.
struct BenchRelayRig {
    static let driver = "loop.csi.local"
    static let name = "nodes.bench.test"

    let folder: String
    let port: UInt16

    /// A port below those that the kernel gives to connections, most likely free.
    static func anyPort() -> UInt16 { UInt16.random(in: 20_000..<30_000) }

    /// Makes the certificates and returns the flags of a node.
    static func prepare(_ folder: String, port: UInt16) throws -> [String] {
        let authority = try CertificateAuthority.ensure(at: "\(folder)/certs")
        for holder in CertificateHolder.allCases { _ = try authority.issue(holder, driver: driver, days: 1) }
        return [
            "--role", "node", "--relay-address", "\(address(0)):\(port)", "--tls-dir", "\(folder)/certs/node",
        ]
    }

    init(on bench: Workbench, port: UInt16) throws {
        folder = bench.folder
        self.port = port
    }

    /// The loopback address of a node; each node has its own, as the relay knows one port for all.
    static func address(_ number: Int) -> String { "127.1.\(number / 250).\(number % 250 + 1)" }

    /// Writes a file of names in which one name leads to each of these nodes; returns its path.
    func hosts(_ nodes: Range<Int>) throws -> String {
        let lines = ["127.0.0.1 localhost"] + nodes.map { "\(Self.address($0)) \(Self.name)" }
        let name = "hosts-\(nodes.count)"
        try Directory.open(folder).replace(
            name, with: Array((lines.joined(separator: "\n") + "\n").utf8), mode: 0o644, sync: false)
        return "\(folder)/\(name)"
    }

    /// Starts a relay that finds these nodes, and waits until it has asked each of them.
    func relay(to nodes: Range<Int>) throws -> ChildDriver {
        let place = "\(folder)/relay-\(nodes.count)"
        try Directory.open(folder).create("relay-\(nodes.count)", mode: 0o700)
        return try ChildDriver(
            folder: place,
            [
                "--role", "controller", "--nodes", "\(Self.name):\(port)", "--tls-dir",
                "\(folder)/certs/controller",
            ], hosts: hosts(nodes))
    }
}

/// A process that answers as very many nodes.
struct BenchNodes: ~Copyable {
    private let process: ChildProcess
    /// What a look at the name of them all takes, in nanoseconds.
    let look: Int64

    /// Starts it and waits until it answers as all of them.
    init(_ nodes: Range<Int>, _ rig: BenchRelayRig) throws {
        let output = try Directory.open(rig.folder).createFile("nodes.log", mode: 0o600)
        let process = try ChildDriver.start(
            [
                "bench-nodes", "--first", "\(nodes.lowerBound)", "--count", "\(nodes.count)",
                "--port", "\(rig.port)", "--name", BenchRelayRig.name,
                "--tls-dir", "\(rig.folder)/certs/node",
            ], hosts: rig.hosts(nodes), output: output)
        let look = try Self.look("\(rig.folder)/nodes.log")
        self.process = process
        self.look = look
    }

    private static func look(_ path: String) throws -> Int64 {
        let deadline = Clock.monotonicNanoseconds + 60_000_000_000
        while Clock.monotonicNanoseconds < deadline {
            try Interrupt.pause(seconds: 0.05)
            let lines = (TextFile.read(path, limitBytes: 1 << 20) ?? "").split(separator: "\n")
            if let last = lines.last, last.hasPrefix(BenchNodesCommand.sign) {
                return Int64(last.dropFirst(BenchNodesCommand.sign.count)) ?? 0
            }
        }
        throw StartError("the simulated nodes do not start: \(TextFile.read(path) ?? "no log")")
    }

    /// Ends them, which is nothing that they would have to prepare for.
    func stop() throws { try process.kill() }
}
