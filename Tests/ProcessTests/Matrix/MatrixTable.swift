/// The matrix as text: what has to be, and what was.
enum MatrixTable {
    /// A cell that was not as it has to be.
    struct Wrong: CustomStringConvertible {
        let row: String
        let cell: MatrixCell
        let got: [MatrixWord]
        let want: Set<MatrixWord>
        let detail: String
        /// True where all of it is known.
        let isGap: Bool

        var description: String {
            "\(row) | \(cell.moment) | \(cell.subject) | \(cell.call.rawValue): got "
                + "\(got.map(\.rawValue).joined(separator: " ")), want "
                + "\(want.sorted().map(\.rawValue).joined(separator: " or ")) | \(detail)"
        }
    }

    /// Longer than this nobody has to wait for an answer, however loaded the machine is.
    static let patienceSeconds = 40.0

    static func wrong(_ run: MatrixRun) -> [Wrong] {
        run.results.all.sorted { $0.key < $1.key }.compactMap { cell, answers in
            let want = MatrixRule.words(run.fault, cell)
            let bad = bad(run, cell, answers)
            guard let first = bad.first else { return nil }
            let late = first.seconds > patienceSeconds ? "after \(Int(first.seconds)) s: " : ""
            return Wrong(
                row: run.title, cell: cell, got: bad.map(\.word), want: want,
                detail: late + first.message.prefixed(220),
                isGap: bad.allSatisfy { MatrixGap.covers(run.fault, cell, $0.word) })
        }
    }

    /// The answers that are not as they have to be.
    static func bad(_ run: MatrixRun, _ cell: MatrixCell, _ answers: [MatrixAnswer]) -> [MatrixAnswer] {
        let want = MatrixRule.words(run.fault, cell)
        return answers.filter { answer in
            !want.contains(answer.word) || answer.seconds > patienceSeconds
                || isUnnamed(run.fault, cell, answer)
        }
    }

    /// A refusal to take down has to say what stands in the way.
    private static func isUnnamed(_ fault: MatrixFault, _ cell: MatrixCell, _ answer: MatrixAnswer) -> Bool {
        guard !fault.naming.isEmpty, cell.subject == .affected, cell.call.aim == .teardown,
            answer.word == .precondition
        else { return false }
        return !fault.naming.contains { answer.message.contains($0) }
    }
}

extension MatrixCell: Comparable {
    private var place: (Int, Int, Int) {
        func index<Value: CaseIterable & Equatable>(_ value: Value) -> Int {
            Array(Value.allCases).firstIndex(of: value) ?? 0
        }
        return (index(moment), index(subject), index(call))
    }

    static func < (one: Self, other: Self) -> Bool { one.place < other.place }
}
