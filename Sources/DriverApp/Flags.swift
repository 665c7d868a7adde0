import LinuxHost
import Text

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
            guard let text = word.behind("--") else {
                guard word.utf8.count == 1 || !word.begins(with: "-") else {
                    throw Self.unknown(word, known)
                }
                words.append(word)
                continue
            }
            let parts = text.halves(at: "=")
            let name = parts?.before ?? text
            guard known.contains(where: { $0.isSame(as: name) }) else {
                throw Self.unknown("--\(name)", known)
            }
            if let value = parts?.behind {
                values[name, default: []].append(value)
            } else if let value = rest.popFirst() {
                values[name, default: []].append(value)
            } else {
                throw UsageError("--\(name) needs a value")
            }
        }
    }

    private static func unknown(_ flag: String, _ known: [String]) -> UsageError {
        let flag = flag.cut(bytes: 64)
        let all = known.map { "--\($0)" }
        guard !all.isEmpty else { return UsageError("unknown flag \(flag); there are none here") }
        let near = Nearest.to(flag, among: all + ["--help"]).map { "did you mean \($0)? " } ?? ""
        return UsageError("unknown flag \(flag); \(near)known are \(all.joined(separator: " "))")
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
