/// A subcommand of the program: how it is called, what it is for, and what runs it.
struct Subcommand: Sendable {
    let name: String
    /// Its forms, without the name of the program.
    let forms: [String]
    let purpose: String
    let flags: [FlagHelp]
    let run: @Sendable ([String]) throws -> Int32

    /// All that people call, in the order of the program's help.
    static let all = [
        Subcommand(
            name: "serve", forms: ["serve [FLAGS]"],
            purpose: "serve the CSI socket", flags: FlagHelp.serve, run: Command.serve),
        Subcommand(
            name: "call", forms: ["call METHOD [JSON] [FLAGS]"],
            purpose: "call a method, such as csi.v1.Identity/Probe", flags: FlagHelp.client,
            run: CallCommand.run),
        Subcommand(
            name: "probe", forms: ["probe [FLAGS]"],
            purpose: "exit 0 if the driver is ready", flags: FlagHelp.client, run: ProbeCommand.run),
        Subcommand(
            name: "pool", forms: ["pool list [FLAGS]", "pool check [FLAGS]"],
            purpose: "look into the pools, also while no driver runs", flags: FlagHelp.views,
            run: PoolCommand.run),
        Subcommand(
            name: "volume", forms: ["volume list [FLAGS]", "volume show NAME [FLAGS]"],
            purpose: "the volumes and where they are in use; one by its name or its id",
            flags: FlagHelp.views, run: VolumeCommand.run),
        Subcommand(
            name: "snapshot", forms: ["snapshot list [FLAGS]"],
            purpose: "the snapshots", flags: FlagHelp.views, run: SnapshotCommand.run),
        Subcommand(
            name: "certs", forms: ["certs --dir /FOLDER [FLAGS]"],
            purpose: "certificates for nodes and their one controller", flags: FlagHelp.certs,
            run: CertsCommand.run),
        Subcommand(
            name: "demo", forms: ["demo"],
            purpose: "watch a volume live (needs root)", flags: [], run: DemoCommand.run),
        Subcommand(
            name: "bench", forms: ["bench [FLAGS]"],
            purpose: "measure every step (needs root)", flags: FlagHelp.bench, run: BenchCommand.run),
    ]

    /// What the subcommand says of itself.
    var help: String {
        var lines = forms.map { "loopcsi \($0)" } + ["", purpose]
        if !flags.isEmpty {
            lines += ["", "flags:"]
            let heads = flags.map { "--\($0.name) \($0.value)" }
            let width = heads.map(\.count).max() ?? 0
            for (head, flag) in zip(heads, flags) {
                lines.append("  \(head)\(String(repeating: " ", count: width - head.count))  \(flag.purpose)")
            }
        }
        if name == "serve" {
            lines += [
                "",
                "each has a twin in the environment: --node-id is LOOPCSI_NODE_ID; docs/reference.md has more",
            ]
        }
        return lines.joined(separator: "\n")
    }

    /// What the program says of itself.
    static var overview: String {
        let forms =
            all.flatMap { command in
                command.forms.enumerated().map { ($1, $0 == 0 ? command.purpose : "") }
            } + [("version", "which version this is"), ("help [COMMAND]", "this, or all about one of them")]
        let width = forms.map(\.0.count).max() ?? 0
        let lines = forms.map { form, purpose in
            purpose.isEmpty
                ? "  loopcsi \(form)"
                : "  loopcsi \(form)\(String(repeating: " ", count: width - form.count))  \(purpose)"
        }
        return
            (["loopcsi: volumes from files, for Kubernetes and other CSI orchestrators", ""] + lines
            + ["", "loopcsi COMMAND --help tells the flags of a command"]).joined(separator: "\n")
    }

    /// What is printed, and nothing else done, where help or the version is asked for; nothing where it is not.
    static func answer(to arguments: [String]) -> String? {
        guard let first = arguments.first else { return overview }
        switch first {
        case "version", "--version", "-V", "-v": return "loopcsi \(Driver.version)"
        case "help", "--help", "-h":
            return all.first { $0.name == arguments.dropFirst().first }?.help ?? overview
        default:
            guard let command = all.first(where: { $0.name == first }) else { return nil }
            // A flag's value is none of these, and neither is a name or a JSON text.
            for word in arguments.dropFirst() {
                if word == "--help" || word == "-h" { return command.help }
                if word == "--version" { return "loopcsi \(Driver.version)" }
            }
            return arguments.dropFirst().first == "help" ? command.help : nil
        }
    }
}
