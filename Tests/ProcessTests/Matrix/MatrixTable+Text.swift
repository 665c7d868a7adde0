/// The matrix as it was seen, as a table of plain text.
extension MatrixTable {
    /// Calls about what has the fault have a column each; those of all others share one, as they have to be OK.
    private static let shown = MatrixCall.allCases.filter { $0.aim != .node }

    /// A line for each fault, file system and moment; what is not as it has to be is marked.
    static func text(_ runs: [MatrixRun]) -> String {
        let legend = shown.enumerated().map { "\(padded("\($0 + 1)", 3)) \($1.rawValue)" }
        let width = (runs.map(\.title.utf8.count).max() ?? 0) + 1
        let numbers = shown.indices.map { padded("\($0 + 1)", 4) }.joined()
        let head = padded("", width) + padded("", 10) + numbers + " others"
        let lines = runs.flatMap { run in
            MatrixMoment.allCases.map { moment in
                padded(moment == .live ? run.title : "", width) + padded(moment.rawValue, 10)
                    + shown.map { padded(affected(run, $0, moment), 4) }.joined() + " " + others(run, moment)
            }
        }
        return (legend + ["", head] + lines).joined(separator: "\n")
    }

    private static func affected(_ run: MatrixRun, _ call: MatrixCall, _ moment: MatrixMoment) -> String {
        let cell = MatrixCell(call: call, subject: .affected, moment: moment)
        guard let answers = run.results.all[cell] else { return "-" }
        let bad = Self.bad(run, cell, answers)
        if let worst = bad.first { return "\(worst.word.rawValue.prefix(2))!" }
        return answers.map(\.word).max().map { $0 == .ok ? "." : $0.rawValue } ?? "-"
    }

    /// What came of all calls that are not about what has the fault.
    private static func others(_ run: MatrixRun, _ moment: MatrixMoment) -> String {
        let cells = run.results.all.filter { $0.key.moment == moment && $0.key.subject != .affected }
        let count = cells.count { !bad(run, $0.key, $0.value).isEmpty }
        return cells.isEmpty ? "-" : count == 0 ? "all ok" : "\(count) of \(cells.count) wrong"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
}
