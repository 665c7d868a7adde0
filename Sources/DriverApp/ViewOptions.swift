import CSIWire
import LinuxHost
import Pool
import Volumes

/// What the subcommands that look into pools have in common: which pools, and how to print.
struct ViewOptions {
    /// How the outcome is printed.
    enum Output: String {
        case table, json
    }

    let pools: [ServeOptions.PoolOptions]
    let output: Output
    let words: [String]

    init(
        _ arguments: [String], environment: @escaping (String) -> String? = HostIdentity.environment
    ) throws(UsageError) {
        let flags = try Flags(arguments, known: FlagHelp.views.map(\.name), environment: environment)
        pools = try ServeOptions.pools(flags)
        words = flags.words
        let format = flags.one("output") ?? "table"
        guard let known = Output(rawValue: format) else {
            throw UsageError("--output '\(format)': use table or json")
        }
        output = known
    }

    /// Looks at each pool; one that cannot be read is complained about and does not keep the others from being shown.
    ///
    /// Returns the exit code. `unseen` hears of those that cannot be read, and why.
    func forEachPool(
        unseen: (ServeOptions.PoolOptions, String) -> Void = { _, _ in }, _ body: (PoolView) throws -> Bool
    ) throws -> Int32 {
        guard HostIdentity.isRoot else {
            throw StartError("this needs root: pools and loop devices can be read by root alone")
        }
        var isFine = true
        for pool in pools {
            do {
                let view = try PoolView.open(
                    pool.path, image: pool.image, name: pool.name, policy: pool.policy)
                isFine = try body(view) && isFine
            } catch {
                let why = (error as? VolumeFault)?.summary ?? "\(error)"
                unseen(pool, why)
                Command.complain(why)
                isFine = false
            }
        }
        return isFine ? 0 : 1
    }

    /// Prints a table, or its JSON twin.
    func show(_ table: @autoclosure () -> String, _ json: @autoclosure () -> JSONValue) {
        Command.say(output == .table ? table() : json().text(pretty: true))
    }
}

extension JSONValue {
    /// An object with these members in this order.
    static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// A number of bytes; JSON readers keep it exact up to 8 PiB.
    static func bytes(_ count: ByteCount?) -> JSONValue { integer(count?.bytes) }

    static func integer(_ number: Int64?) -> JSONValue { number.map { .number(String($0)) } ?? .null }

    static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
