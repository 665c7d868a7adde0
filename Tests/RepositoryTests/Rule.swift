import Testing

/// Something that must hold in every file it concerns, with examples that prove the check can tell right from wrong.
struct Rule: Sendable, CustomTestStringConvertible {
    /// What must hold, as a sentence.
    let sentence: String
    /// Whether the rule has anything to say about a file at this path.
    let concerns: @Sendable (String) -> Bool
    /// The indices of the lines that break the rule.
    let findings: @Sendable (SourceFile) -> [Int]
    /// Texts that break the rule, each once.
    let broken: [Example]
    /// Texts that look like it and do not.
    let kept: [Example]

    struct Example: Sendable, ExpressibleByStringLiteral {
        let path: String
        let text: String

        init(_ path: String, _ text: String) {
            self.path = path
            self.text = text
        }

        /// A line in a file of a target that may do no more than most.
        init(stringLiteral text: String) {
            self.init("Sources/CSIServices/Example.swift", text)
        }
    }

    var testDescription: String { sentence }

    /// Where the file breaks the rule, as lines that an editor can jump to.
    func violations(in file: SourceFile) -> [String] {
        guard concerns(file.path) else { return [] }
        return findings(file).map { "\(file.path):\($0 + 1): \(file.lines[$0])" }
    }

    static let all: [Rule] = [
        forcedTry, cErrno, synchronous, boxedClosures, cModules, foundation, pureTargets, safety, documented,
        skips, makeTargets, machinePaths, textByBytes,
    ]

    /// Concerns Swift that ships.
    @Sendable static func isShippedSwift(_ path: String) -> Bool {
        path.hasPrefix("Sources/") && path.hasSuffix(".swift")
    }
}
