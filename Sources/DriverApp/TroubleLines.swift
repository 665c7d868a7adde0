import Text

/// The text of `/healthz`: bounded, whatever and how much is wrong.
enum TroubleLines {
    private static let mostLines = 20
    /// A sentence with two long paths in it.
    private static let longestLine = 1024

    /// A line each, of the first of them.
    static func text(_ troubles: [String]) -> String {
        var lines = troubles.prefix(mostLines).map { Table.printable($0.cut(bytes: longestLine)) }
        if troubles.count > mostLines { lines.append("and \(troubles.count - mostLines) more") }
        return lines.joined(separator: "\n")
    }
}
