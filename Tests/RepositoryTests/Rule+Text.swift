extension Rule {
    /// The targets in which text is what somebody else chose, unless a line says otherwise.
    private static let outside: Set<Substring> = [
        "CSIServices", "CSIWire", "Relay", "RPCChannel", "Text", "Volumes",
    ]

    /// What bytes and scalars are called, of which a number may be taken.
    private static let views: Set<Substring> = ["utf8", "unicodeScalars", "bytes", "digits"]

    static let textByBytes = Rule(
        sentence:
            "Text from outside is cut, split, searched and ordered by its bytes (target Text), or a comment says why it is \"our own text\"",
        concerns: isShippedSwift,
        findings: { file in
            guard let target = file.target, outside.contains(target) else { return [] }
            return file.linesOfCode(
                with: "prefix", "suffix", "hasPrefix", "hasSuffix", "split(", "contains(", "firstIndex(of:",
                "rawValue:", "cased()", ".key < $1.key", ".characters"
            ) { line in
                // Text literals are blank here, so a blank argument is one.
                line.contains(/\.(has(Prefix|Suffix)|(upper|lower)cased)\(/)
                    || line.matches(of: /(\w+)[\])]*\.(?:prefix|suffix)\(\d/).contains {
                        !views.contains($0.output.1)
                    }
                    || line.contains(/\.split\(\s*separator:\s+[,)]/)
                    || line.contains(/\.(contains|firstIndex|lastIndex)\((of:)?\s+\)/)
                    || line.contains(/\.(contains|hasPrefix)\((subject|text)\)/)
                    || line.contains(/\$0\.key < \$1\.key/)
            }
            .filter { index in
                !file.lines[max(0, index - 1)...index].contains { $0.lowercased().contains("our own text") }
            }
        },
        broken: [
            "let a = \"'\\(name.prefix(128))' is taken\"", "let a = String(subject.prefix(64))",
            "if message.contains(subject) {}", "if key.hasPrefix(\"pool.\") {}", "if key.hasSuffix(\"x\") {}",
            "let a = path.split(separator: \"/\")",
            "let a = path.split(separator: \",\", omittingEmptySubsequences: false)",
            "let a = handle.firstIndex(of: \".\")", "if key.contains(\"kubernetes.io/\") {}",
            "for (key, value) in map.sorted(by: { $0.key < $1.key }) {}", "let a = key.lowercased()",
            Example("Sources/Volumes/A.swift", "let a = name.prefix(32)"),
            Example("Sources/Relay/A.swift", "if key.hasPrefix(beginning) {}"),
        ],
        kept: [
            "let a = name.cut(bytes: 128)", "let a = bytes.prefix(4)", "let a = text.utf8.prefix(4)",
            "let a = nodes.prefix(mostNamed)", "if known.contains(pool) {}",
            "let a = text.utf8.split(separator: UInt8(ascii: \",\"))",
            "// Names of messages are our own text.\nlet a = name.split(separator: \"_\")",
            Example("Sources/DriverApp/A.swift", "let a = name.prefix(32)"),
            "// key.hasPrefix(\"a\")",
        ])
}
