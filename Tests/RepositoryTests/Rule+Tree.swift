extension Rule {
    static let skips = Rule(
        sentence: "Every sanity test that is skipped has its reason beside it",
        concerns: { $0 == "csi-sanity/skip.txt" },
        findings: { file in
            file.lines.indices.filter { index in
                let line = file.lines[index]
                return !line.contains(/^\s*(#.*)?$/) && !line.contains(/\S\s+#\s*\S/)
            }
        },
        broken: [
            Example("csi-sanity/skip.txt", "Node.*restart"),
            Example("csi-sanity/skip.txt", "Node.*restart  # "),
        ],
        kept: [Example("csi-sanity/skip.txt", "# How it works\n\nNode.*restart  # sanity cannot restart it")])

    static let makeTargets = Rule(
        sentence: "A make target that a document names exists",
        concerns: { $0.hasSuffix(".md") || $0 == ".ci/run" },
        findings: { file in
            let known = Set(
                Repository.text("Makefile").matches(of: /(?m)^([a-z][a-z-]*):/).map { String($0.output.1) })
            return commands(of: file)
                .filter { _, command in
                    guard
                        let words = command.firstMatch(of: /(?:^|[\s;&|"])make((?: +[\w\/=.-]+)+)/)?.output.1
                    else { return false }
                    let targets = words.split(separator: " ").filter {
                        !$0.contains("=") && !$0.hasPrefix("-")
                    }
                    return !targets.allSatisfy { known.contains(String($0)) }
                }
                .map { $0.line }
        },
        broken: [
            Example("README.md", "Run `make everything`."),
            Example("README.md", "```\nsudo make install\n```"),
            Example("README.md", "```\nmake build nothing  # both\n```"),
            Example(".ci/run", "step \"a\" make nothing"),
        ],
        kept: [
            Example(
                "README.md", "To make everything, run `make`, `make build` and `make SWIFT=/opt/swift test`."),
            Example("README.md", "```\nmake lint test  # make things good\n```"),
            Example(".ci/run", "# make it so\nmake test"),
        ])

    /// The commands a file shows: code spans and fenced lines of a document, lines of a script; without remarks.
    private static func commands(of file: SourceFile) -> [(line: Int, text: Substring)] {
        var fenced = !file.path.hasSuffix(".md")
        var found: [(line: Int, text: Substring)] = []
        for (index, line) in file.lines.enumerated() {
            if line.hasPrefix("```") {
                fenced.toggle()
            } else if fenced {
                found.append((index, line.prefix { $0 != "#" }))
            } else {
                found += line.matches(of: /`([^`]+)`/).map { (index, $0.output.1) }
            }
        }
        return found
    }

    static let machinePaths = Rule(
        sentence: "No file names a path of somebody's own machine",
        concerns: { !$0.hasPrefix("Sources/CCSIProto/") },
        findings: { file in
            // Put together here, so that this file does not break the rule it checks.
            let places = ["work", "home", "Users"].map { "/" + $0 + "/" }
            return file.lines.indices.filter { index in
                places.contains { place in
                    file.lines[index].ranges(of: place).contains { range in
                        guard range.lowerBound > file.lines[index].startIndex else { return true }
                        let before = file.lines[index][file.lines[index].index(before: range.lowerBound)]
                        return !(before.isLetter || before.isNumber || "./-_})".contains(before))
                    }
                }
            }
        },
        broken: [
            Example("README.md", "see " + "/wo" + "rk/main"),
            Example("Makefile", "/ho" + "me/somebody/swift"),
            Example("Tests/A/B.swift", "let p = \"" + "/Us" + "ers/me\""),
        ],
        kept: [
            Example("README.md", "https://example.org/wo" + "rk/ and lane/wo" + "rk/x and $dir/ho" + "me/")
        ])
}
