extension Rule {
    static let safety = Rule(
        sentence:
            "An unchecked escape stands in RPCServer, RPCChannel, HTTPServer or LinuxHost and says beside it why it is safe",
        concerns: isShippedSwift,
        findings: { file in
            file.linesOfCode(with: "@unchecked", "nonisolated") {
                $0.contains(/@unchecked\s+Sendable|nonisolated\(unsafe\)/)
            }
            .filter { index in
                let explained = file.lines[max(0, index - 3)...index].contains { $0.contains("SAFETY:") }
                return !explained
                    || !["RPCServer", "RPCChannel", "HTTPServer", "LinuxHost"].contains(file.target)
            }
        },
        broken: [
            Example("Sources/RPCServer/A.swift", "final class A: @unchecked Sendable {"),
            Example("Sources/LinuxHost/A.swift", "nonisolated(unsafe) var a = 1"),
            Example("Sources/LinuxHost/A.swift", "// SAFETY: far\n\n\n\nnonisolated(unsafe) var a = 1"),
            "// SAFETY: in the wrong target\nfinal class A: @unchecked Sendable {",
        ],
        kept: [
            Example(
                "Sources/RPCServer/A.swift", "// SAFETY: one thread\n@frozen\nclass A: @unchecked Sendable {"),
            Example("Sources/LinuxHost/A.swift", "nonisolated(unsafe) var a = 1  // SAFETY: never written"),
            "// @unchecked Sendable",
        ])

    static let documented = Rule(
        sentence: "Every package declaration has a documentation comment, its own or its protocol's",
        concerns: isShippedSwift,
        findings: { file in
            file.linesOfCode(with: "package") {
                $0.contains(/^\s*(@[\w.]+(\([^)]*\))?\s+)*(\w+\s+)*package\s+(?!import\b)\w/)
            }
            .filter { !isDocumented(file.lines[..<$0]) && !isWitness(file.lines[$0], in: file) }
        },
        broken: [
            Example("Sources/Volumes/A.swift", "package func observe() {}"),
            Example("Sources/Pool/A.swift", "package func observeClosely() {}"), "package struct A {}",
            "// a comment\npackage let a = 1",
            "@discardableResult\npackage func a() {}",
            "/// Far away.\n\npackage func a() {}", "static package func a() {}",
            "@inlinable package init() {}",
        ],
        kept: [
            Example("Sources/Pool/A.swift", "package func observe(_ ids: [VolumeID]) {}"),
            "package var description: String {", "package static func < (left: A, right: A) -> Bool {",
            "/// An a.\npackage struct A {}", "/// An a.\n// SAFETY: no\n@frozen\npackage struct A {}",
            "package import Log",
            "internal struct A {}", "let package = 1",
            "/// An a.\n@available(*, unavailable)\npackage func a() {}",
        ])

    /// Whether the line declares what a protocol documents: one of the standard library, or a port of Volumes in Pool.
    private static func isWitness(_ line: Substring, in file: SourceFile) -> Bool {
        if line.contains(/package (var (description|debugDescription|customMirror)\b|static func (<|==) )/) {
            return true
        }
        guard file.target == "Pool", let name = declaredName(line) else { return false }
        return portMembers.contains(name)
    }

    /// The members of the protocols in Volumes; the rule holds for their declarations there.
    private static let portMembers: Set<Substring> = {
        var members: Set<Substring> = []
        for file in Repository.files where file.target == "Volumes" {
            var isInProtocol = false
            for line in file.code {
                if line.hasPrefix("package protocol") { isInProtocol = true }
                if line.hasPrefix("}") { isInProtocol = false }
                if isInProtocol, let name = declaredName(line) { members.insert(name) }
            }
        }
        return members
    }()

    private static func declaredName(_ line: Substring) -> Substring? {
        line.firstMatch(of: /(?:func|var|let) (\w+)/)?.output.1
    }

    /// Looks upwards through attributes and remarks for the documentation of what follows these lines.
    private static func isDocumented(_ above: ArraySlice<Substring>) -> Bool {
        for line in above.reversed() {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("///") { return true }
            guard text.hasPrefix("@") || text.hasPrefix("//") || text.hasPrefix("#if") else { return false }
        }
        return false
    }
}
