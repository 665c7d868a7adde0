import RPCServer

extension ServeOptions {
    /// What part the process plays.
    package enum Role: Equatable, Sendable {
        /// All services, on the socket alone.
        case all
        /// The same, and a port for the relay.
        case node(RelayPortOptions)
        /// The relay: Identity and the controller services, answered by nodes.
        case controller(RelayOptions)
    }

    /// The port of a node for the relay.
    package struct RelayPortOptions: Equatable, Sendable {
        /// Where it listens.
        let address: String
        /// The folder with certificate, key and authority.
        let tlsFolder: String
    }

    /// How the relay finds and reaches nodes.
    package struct RelayOptions: Equatable, Sendable {
        /// The name that all nodes are behind, and their port.
        let name: String
        let port: UInt16
        /// The folder with certificate, key and authority.
        let tlsFolder: String
    }

    /// Flags that say something in one role only.
    private static let flagsOfRoles = [
        ("relay-address", ["node"]), ("nodes", ["controller"]), ("tls-dir", ["node", "controller"]),
    ]

    /// Flags that say nothing to a relay, which has neither pools nor mounts.
    private static let flagsOfNodes = [
        "controller-endpoint", "node-id", "pool", "kubelet-root", "freeze-limit", "inline-limit",
        "inline-share", "max-volumes", "state-dir",
    ]

    /// The role with what belongs to it.
    static func role(_ flags: Flags) throws(UsageError) -> Role {
        let word = flags.one("role") ?? "all"
        guard ["all", "node", "controller"].contains(word) else {
            throw UsageError("--role '\(word)': use all, node or controller")
        }
        for (name, roles) in flagsOfRoles where !roles.contains(word) && flags.one(name) != nil {
            throw UsageError("--\(name) says something only with --role \(roles.joined(separator: " or "))")
        }
        switch word {
        case "node":
            guard let address = flags.one("relay-address") else {
                throw UsageError(
                    "--role node needs --relay-address, such as :9810, where it listens for the relay")
            }
            return .node(
                RelayPortOptions(
                    address: try listenAddress(address), tlsFolder: try tlsFolder(flags, role: word)))
        case "controller":
            for name in flagsOfNodes where !flags.all(name).isEmpty {
                throw UsageError("--\(name) says nothing with --role controller, which only passes calls on")
            }
            let (name, port) = try nodes(flags.one("nodes"))
            return .controller(
                RelayOptions(name: name, port: port, tlsFolder: try tlsFolder(flags, role: word)))
        default: return .all
        }
    }

    /// `:9810` is every address of the machine.
    private static func listenAddress(_ text: String) throws(UsageError) -> String {
        let whole = text.hasPrefix(":") ? "[::]\(text)" : text
        guard TCPAddress(whole) != nil else {
            throw UsageError(
                "--relay-address '\(text)': use :9810, 10.1.2.3:9810 or [fd00::1]:9810, as no name is looked up"
            )
        }
        return whole
    }

    private static func nodes(_ text: String?) throws(UsageError) -> (name: String, port: UInt16) {
        let parts = (text ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, let port = UInt16(parts[1]), port > 0 else {
            throw UsageError(
                "--nodes '\(text ?? "")': use a DNS name that leads to all nodes, and their port, such as "
                    + "loopcsi-nodes.loopcsi.svc:9810")
        }
        return (parts[0], port)
    }

    private static func tlsFolder(_ flags: Flags, role: String) throws(UsageError) -> String {
        guard let path = flags.one("tls-dir"), path.hasPrefix("/") else {
            throw UsageError(
                "--role \(role) needs --tls-dir with an absolute path: the folder with tls.crt, tls.key and ca.crt"
            )
        }
        return path
    }
}
