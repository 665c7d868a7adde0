import LinuxHost
import TestSupport

/// Machines of a test on one bridge: a network namespace for the relays, which the bridge is in, and one for each node.
///
/// Addresses are the same in every test, as no namespace sees those of another test.
final class ClusterNetwork: Sendable {
    static let prefix = "10.77.0"
    private let hub: Tether
    private let ends: [Tether]

    init(nodes count: Int) throws {
        let hub = try Tether(
            ["unshare", "--net"],
            script: """
                ip link set lo up
                ip link add br0 address 02:00:00:00:00:01 type bridge
                ip address add \(Self.prefix).1/24 dev br0
                ip link set br0 up
                """)
        self.hub = hub
        ends = try (0..<count).map { number in
            let end = try Tether(["unshare", "--net"], script: "ip link set lo up")
            let (here, there) = (Self.mac(number, atNode: false), Self.mac(number, atNode: true))
            // Neighbors are told, so that nobody finds a cut link out by a question on the link.
            try TestTool.run(
                "nsenter",
                [
                    "--net=\(hub.namespace("net"))", "sh", "-e", "-c",
                    """
                    ip link add n\(number) address \(here) type veth peer name eth0 address \(there) netns \(end.processID)
                    ip link set n\(number) master br0 up
                    ip neighbor add \(Self.address(number)) lladdr \(there) dev br0 nud permanent
                    exec nsenter --net=\(end.namespace("net")) sh -e -c '
                      ip address add \(Self.address(number))/24 dev eth0
                      ip link set eth0 up
                      ip neighbor add \(Self.prefix).1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent'
                    """,
                ])
            return end
        }
    }

    /// The address of a node.
    static func address(_ number: Int) -> String { "\(prefix).\(11 + number)" }

    private static func mac(_ number: Int, atNode: Bool) -> String {
        "02:00:00:00:0\(atNode ? 1 : 2):\(11 + number)"
    }

    /// The words that run a program on a node's machine, in the same process.
    func onNode(_ number: Int) -> [String] { ["nsenter", "--net=\(ends[number].namespace("net"))"] }

    /// The words that run a program where the relays are.
    var onHub: [String] { ["nsenter", "--net=\(hub.namespace("net"))"] }

    /// Cuts a node's link, on which packets then vanish, or mends it.
    func setLink(_ number: Int, up: Bool) throws {
        try TestTool.run(onHub[0], [onHub[1], "ip", "link", "set", "n\(number)", up ? "up" : "down"])
    }
}
