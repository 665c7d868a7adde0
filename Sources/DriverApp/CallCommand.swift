import CSIWire
import LinuxHost
import RPCClient
import Text

/// `loopcsi call`: one call, JSON in and out.
enum CallCommand {
    static func run(_ arguments: [String]) throws -> Int32 {
        let flags = try Flags(arguments, known: FlagHelp.client.map(\.name))
        guard let name = flags.words.first, flags.words.count <= 2 else {
            throw UsageError("use: loopcsi call METHOD [JSON] [--endpoint unix:///...] [--timeout SECONDS]")
        }
        guard let method = CSIMethod.find(name) else {
            throw UsageError(
                "'\(name.cut(bytes: 64))' is no method; one of them is csi.v1.Identity/GetPluginInfo")
        }
        let request = try CSIJSON.encodeRequest(
            Array((flags.words.dropFirst().first ?? "{}").utf8), for: method)
        let connection = try RPCConnection(socket: try ClientFlags.socket(flags))
        let timeout = try ClientFlags.timeout(flags)
        let reply: RPCReply
        if method.isServerStreaming {
            var messages: [[UInt8]] = []
            reply = try connection.serverStreaming(method.path, request, timeout: timeout) {
                messages.append($0)
            }
            for message in messages { print(try CSIJSON.decodeReply(message, for: method, pretty: true)) }
        } else {
            reply = try connection.unary(method.path, request, timeout: timeout)
            if reply.code == 0 { print(try CSIJSON.decodeReply(reply.body, for: method, pretty: true)) }
        }
        guard reply.code == 0 else {
            Command.complain(
                "\(CSICode(rawValue: reply.code)?.name ?? "code \(reply.code)"): \(reply.message)")
            return 1
        }
        return 0
    }
}

/// `loopcsi probe`: for health checks; silent when all is well.
enum ProbeCommand {
    static func run(_ arguments: [String]) throws -> Int32 {
        let flags = try Flags(arguments, known: FlagHelp.client.map(\.name))
        guard flags.words.isEmpty else {
            throw UsageError("use: loopcsi probe [--endpoint unix:///...] [--timeout SECONDS]")
        }
        let timeout = try ClientFlags.timeout(flags) ?? 3
        let connection = try RPCConnection(socket: try ClientFlags.socket(flags), timeout: timeout)
        let reply = try connection.unary(
            CSI.ProbeRequest.path, CSI.ProbeRequest().encoded(), timeout: timeout)
        guard reply.code == 0 else {
            Command.complain(
                "\(CSICode(rawValue: reply.code)?.name ?? "code \(reply.code)"): \(reply.message)")
            return 1
        }
        // CSI 1.x, Probe: an absent value means ready.
        guard try CSI.ProbeResponse(decoding: reply.body).ready ?? true else {
            Command.complain("the driver is not ready yet")
            return 1
        }
        return 0
    }
}

/// Flags that all client subcommands share.
enum ClientFlags {
    static func socket(_ flags: Flags) throws(UsageError) -> String {
        guard let endpoint = flags.one("endpoint") ?? flags.environment("CSI_ENDPOINT") else {
            return "/run/loopcsi/csi.sock"
        }
        return try ServeOptions.socket(endpoint)
    }

    static func timeout(_ flags: Flags) throws(UsageError) -> Double? {
        guard let text = flags.one("timeout") else { return nil }
        guard let seconds = Double(text), seconds > 0, seconds < 1e6 else {
            throw UsageError("--timeout '\(text)': use a number of seconds")
        }
        return seconds
    }
}
