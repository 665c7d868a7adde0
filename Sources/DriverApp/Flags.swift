import LinuxHost

/// Flags of a subcommand, each with an environment twin, and the words that are no flags.
struct Flags {
    private var values: [String: [String]] = [:]
    /// The words that are no flags, in order.
    private(set) var words: [String] = []
    /// The value of an environment variable.
    let environment: (String) -> String?

    /// Splits `--flag value` and `--flag=value`; a flag that is not in `known` is refused by name.
    init(
        _ arguments: [String], known: [String],
        environment: @escaping (String) -> String? = HostIdentity.environment
    ) throws(UsageError) {
        self.environment = environment
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                words.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard known.contains(name) else {
                throw UsageError(
                    "unknown flag --\(name); known are \(known.map { "--\($0)" }.joined(separator: " "))")
            }
            if parts.count == 2 {
                values[name, default: []].append(String(parts[1]))
            } else if let value = rest.popFirst() {
                values[name, default: []].append(value)
            } else {
                throw UsageError("--\(name) needs a value")
            }
        }
    }

    /// The values of a flag that may be repeated; else those of its environment twin, separated by semicolons.
    func all(_ name: String) -> [String] {
        if let given = values[name] { return given }
        guard let twin = environment(Self.twin(name)), !twin.isEmpty else { return [] }
        return twin.split(separator: ";").map(String.init)
    }

    /// The last value of a flag, else that of its environment twin, if it is not empty.
    func one(_ name: String) -> String? {
        if let given = values[name]?.last { return given }
        guard let twin = environment(Self.twin(name)), !twin.isEmpty else { return nil }
        return twin
    }

    /// `--node-id` is `LOOPCSI_NODE_ID` in the environment.
    private static func twin(_ name: String) -> String {
        "LOOPCSI_" + String(name.map { $0 == "-" ? "_" : $0 }).uppercased()
    }
}

/// A command line that cannot be obeyed; says why.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
