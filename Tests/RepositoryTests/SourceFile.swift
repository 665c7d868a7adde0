/// A text file of the repository, and for Swift also its text with comments and string literals blanked out.
struct SourceFile: Sendable {
    /// The path from the root of the repository.
    let path: String
    /// The lines as they stand.
    let lines: [Substring]
    /// The same lines where only code is left; code interpolated into a string counts as code.
    let code: [Substring]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code =
            path.hasSuffix(".swift")
            ? SwiftCode.masked(text).split(separator: "\n", omittingEmptySubsequences: false) : lines
    }

    /// The target that the file belongs to, for a file under Sources.
    var target: Substring? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? parts[1] : nil
    }

    /// The indices of the lines whose code has one of the words and satisfies the predicate.
    ///
    /// The words are there for speed: few lines have them, and looking for them is much cheaper than a pattern.
    func linesOfCode(with words: String..., where matches: (Substring) -> Bool) -> [Int] {
        code.indices.filter { index in words.contains { code[index].contains($0) } && matches(code[index]) }
    }
}

/// Just enough of Swift's grammar to tell code from comments and text.
enum SwiftCode {
    private enum Frame {
        /// Code, with the count of parentheses open in it.
        case code(open: Int)
        case text(hashes: Int, quotes: Int)
    }

    /// The source with a space for each byte of a comment or a string literal; lines stay where they are.
    static func masked(_ source: String) -> String {
        var scanner = Scanner(bytes: Array(source.utf8))
        scanner.run()
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private struct Scanner {
        let bytes: [UInt8]
        var output: [UInt8] = []
        var at = 0
        var frames = [Frame.code(open: 0)]

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func run() {
            while at < bytes.count {
                switch frames.last {
                case .code(let open)?: scanCode(open)
                case .text(let hashes, let quotes)?: scanText(hashes, quotes)
                case nil: return
                }
            }
        }

        private mutating func scanCode(_ open: Int) {
            guard "/\"#()".utf8.contains(bytes[at]) else {
                output.append(bytes[at])
                at += 1
                return
            }
            if sees("//") {
                while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { blank(1) }
            } else if sees("/*") {
                skipBlockComment()
            } else if let start = textStart() {
                frames.append(.text(hashes: start.hashes, quotes: start.quotes))
                blank(start.hashes + start.quotes)
            } else if sees(")"), open == 0, frames.count > 1 {
                frames.removeLast()
                blank(1)
            } else {
                let change = sees("(") ? 1 : sees(")") ? -1 : 0
                frames[frames.count - 1] = .code(open: open + change)
                output.append(bytes[at])
                at += 1
            }
        }

        private mutating func scanText(_ hashes: Int, _ quotes: Int) {
            guard "\\\"\n".utf8.contains(bytes[at]) else { return blank(1) }
            let marks = String(repeating: "#", count: hashes)
            if sees("\\" + marks + "(") {
                blank(2 + hashes)
                frames.append(.code(open: 0))
            } else if sees("\\" + marks) {
                blank(2 + hashes)
            } else if sees(String(repeating: "\"", count: quotes) + marks) {
                blank(quotes + hashes)
                frames.removeLast()
            } else {
                if quotes == 1, sees("\n") { frames.removeLast() }
                blank(1)
            }
        }

        private mutating func skipBlockComment() {
            var depth = 0
            repeat {
                let change = sees("/*") ? 1 : sees("*/") ? -1 : 0
                depth += change
                blank(change == 0 ? 1 : 2)
            } while depth > 0 && at < bytes.count
        }

        private func textStart() -> (hashes: Int, quotes: Int)? {
            var hashes = 0
            while at + hashes < bytes.count, bytes[at + hashes] == UInt8(ascii: "#") { hashes += 1 }
            guard sees("\"", after: hashes) else { return nil }
            return (hashes, sees("\"\"\"", after: hashes) ? 3 : 1)
        }

        private func sees(_ text: String, after offset: Int = 0) -> Bool {
            bytes[min(at + offset, bytes.count)...].starts(with: text.utf8)
        }

        private mutating func blank(_ count: Int) {
            for _ in 0..<count where at < bytes.count {
                output.append(bytes[at] == UInt8(ascii: "\n") ? bytes[at] : UInt8(ascii: " "))
                at += 1
            }
        }
    }
}
