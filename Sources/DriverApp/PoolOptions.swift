import LinuxHost
import Pool
import Volumes

extension ServeOptions {
    /// A pool to serve.
    package struct PoolOptions: Sendable {
        let name: PoolName
        /// The folder that the operator named.
        let path: String
        let policy: CapacityPolicy
        /// True where the folder has to be a mount point before anything is made in it.
        let needsMount: Bool
        /// The file that holds the pool, if it is to be in one.
        let image: PoolImage.Options?
        /// Whether other nodes have the pool too; nothing where its file system decides that.
        let isShared: Bool?
    }

    /// The pools, one at least.
    static func pools(_ flags: Flags) throws(UsageError) -> [PoolOptions] {
        let specs = flags.all("pool")
        let inlinePercent = try inlinePercent(flags)
        var pools: [PoolOptions] = []
        for spec in specs.isEmpty ? ["default=/var/lib/loopcsi"] : specs {
            pools.append(try PoolOptions(spec, inlinePercent: inlinePercent))
        }
        guard Set(pools.map(\.name)).count == pools.count, Set(pools.map(\.path)).count == pools.count else {
            throw UsageError("--pool: two pools have the same name or folder")
        }
        return pools
    }

    private static func inlinePercent(_ flags: Flags) throws(UsageError) -> Int64 {
        guard let text = flags.one("inline-share") else { return CapacityPolicy.usualInlinePercent }
        let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
        guard let percent = Int64(digits), (0...100).contains(percent) else {
            throw UsageError(
                "--inline-share '\(text)': use 1% to 100% of a pool's size, or 0% for no inline volumes")
        }
        return percent
    }
}

extension ServeOptions.PoolOptions {
    private static let form =
        "name=/absolute/folder[,reserve=5%][,overcommit=1.5][,low=15%][,critical=5%][,mount=required][,shared=yes][,image=200GiB[,image-allocation=sparse][,image-fs=btrfs]]"

    /// Reads a pool as `form` has it; what its inline volumes may come to is a setting of all pools.
    init(
        _ spec: String, inlinePercent: Int64 = CapacityPolicy.usualInlinePercent
    ) throws(UsageError) {
        let parts = spec.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let head = parts[0].split(separator: "=", maxSplits: 1).map(String.init)
        guard head.count == 2, let name = PoolName(head[0]), let path = TargetPath(head[1]) else {
            throw UsageError(
                "--pool '\(spec)': use \(Self.form); a name has lower-case letters, digits and dashes")
        }
        var settings: [String: String] = [:]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, Self.settings.contains(pair[0]) else {
                throw UsageError("--pool '\(spec)': '\(part)' is no setting of a pool; use \(Self.form)")
            }
            guard settings.updateValue(pair[1], forKey: pair[0]) == nil else {
                throw UsageError("--pool '\(spec)': \(pair[0]) is there twice")
            }
        }
        let usual = CapacityPolicy.standard
        self.init(
            name: name, path: path.text,
            policy: CapacityPolicy(
                reserve: try settings["reserve"].map(Self.reserve) ?? usual.reserve,
                overcommitThousandths: try settings["overcommit"].map(Self.overcommit)
                    ?? usual.overcommitThousandths,
                lowPercent: try settings["low"].map(Self.percent) ?? usual.lowPercent,
                criticalPercent: try settings["critical"].map(Self.percent) ?? usual.criticalPercent,
                inlinePercent: inlinePercent),
            needsMount: try Self.needsMount(settings), image: try Self.image(settings),
            isShared: try Self.isShared(settings))
    }

    private static let settings = [
        "reserve", "overcommit", "low", "critical", "mount", "shared", "image", "image-allocation",
        "image-fs",
    ]

    /// A whole number of percent, 0 to 90.
    private static func percent(_ text: String) throws(UsageError) -> Int64 {
        guard text.hasSuffix("%"), let percent = Int64(text.dropLast()), (0...90).contains(percent) else {
            throw UsageError("low and critical '\(text)': use 0% to 90%")
        }
        return percent
    }

    private static func needsMount(_ settings: [String: String]) throws(UsageError) -> Bool {
        guard let word = settings["mount"] else { return false }
        guard word == "required" else { throw UsageError("mount '\(word)': the one word is required") }
        return true
    }

    private static func isShared(_ settings: [String: String]) throws(UsageError) -> Bool? {
        // The host's file that holds a pool in a file may well lie on NFS, but only one node can mount it.
        guard let word = settings["shared"] else { return settings["image"] == nil ? nil : false }
        guard word == "yes" || word == "no" else { throw UsageError("shared '\(word)': use yes or no") }
        guard word == "no" || settings["image"] == nil else {
            throw UsageError(
                "shared=yes and image= exclude each other: one node can mount the file, no second")
        }
        return word == "yes"
    }

    private static func image(_ settings: [String: String]) throws(UsageError) -> PoolImage.Options? {
        guard let text = settings["image"] else {
            if let stray = settings.keys.sorted().first(where: { $0.hasPrefix("image-") }) {
                throw UsageError("\(stray) says something only together with image=")
            }
            return nil
        }
        guard let size = ByteCount(quantity: text), size >= PoolImage.Options.leastSize,
            size.bytes % (1 << 20) == 0
        else {
            throw UsageError(
                "image '\(text)': use whole MiB, at least \(PoolImage.Options.leastSize), such as 200GiB")
        }
        var allocation = PoolImage.Allocation.full
        if let word = settings["image-allocation"] {
            guard let known = PoolImage.Allocation(rawValue: word) else {
                throw UsageError("image-allocation '\(word)': use full or sparse")
            }
            allocation = known
        }
        let filesystem = settings["image-fs"].map(PoolImage.Filesystem.init(rawValue:))
        if let filesystem, filesystem == nil { throw UsageError("image-fs: use xfs or btrfs") }
        return PoolImage.Options(size: size, allocation: allocation, filesystem: filesystem ?? nil)
    }

    /// `5%`, or an amount of bytes.
    private static func reserve(_ text: String) throws(UsageError) -> CapacityPolicy.Reserve {
        if text.hasSuffix("%"), let percent = Int64(text.dropLast()), (0...90).contains(percent) {
            return .percent(percent)
        }
        if let bytes = ByteCount(quantity: text) { return .bytes(bytes) }
        throw UsageError("reserve '\(text)': use 0% to 90%, or bytes such as 1073741824 or 10GiB")
    }

    /// A ratio from 1 to 100 with up to three decimals.
    private static func overcommit(_ text: String) throws(UsageError) -> Int64 {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? String(parts[1]) : "0"
        let padded = decimals + String(repeating: "0", count: max(0, 3 - decimals.utf8.count))
        guard let whole = Int64(parts[0]), (1...100).contains(whole), padded.utf8.count == 3,
            padded.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let fraction = Int64(padded)
        else { throw UsageError("overcommit '\(text)': use a ratio from 1 to 100, such as 1.5") }
        return whole * 1000 + fraction
    }
}
