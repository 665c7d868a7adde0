import LinuxHost

/// The page that shows the matrix: made from what is declared, so that page, declaration and run cannot differ.
enum MatrixPage {
    /// Calls that come to the same with each fault share a line.
    private struct Line {
        var calls: [MatrixCall]
        let words: [String]
    }

    /// Faults that do the same harm share a column.
    private static func columns(
        _ belongs: (MatrixHarm) -> Bool
    ) -> [(harm: MatrixHarm, faults: [MatrixFault])] {
        MatrixFault.all.filter { belongs($0.harm) }.reduce(into: []) { columns, fault in
            if let column = columns.firstIndex(where: { $0.harm == fault.harm }) {
                columns[column].faults.append(fault)
            } else {
                columns.append((fault.harm, [fault]))
            }
        }
    }

    private static func words(_ fault: MatrixFault, _ call: MatrixCall) -> String {
        guard !fault.skips.contains(call) else { return "" }
        let cell = MatrixCell(call: call, subject: call.aim == .node ? .node : .affected, moment: .live)
        let words = MatrixRule.words(fault, cell)
        return words == MatrixRule.waiting
            ? "waits" : words.sorted().map(\.rawValue).joined(separator: " ")
    }

    /// What has to be, for the faults of one kind, and the reasons.
    private static func table(_ belongs: (MatrixHarm) -> Bool) -> String {
        let columns = columns(belongs)
        let lines: [Line] = MatrixCall.allCases.filter { $0.aim != .node }.reduce(into: []) { lines, call in
            let words = columns.map { Self.words($0.faults[0], call) }
            if let line = lines.firstIndex(where: { $0.words == words }) {
                lines[line].calls.append(call)
            } else {
                lines.append(Line(calls: [call], words: words))
            }
        }
        let head = [""] + columns.map(\.harm.rawValue)
        let body = lines.map { [$0.calls.map(\.rawValue).joined(separator: ", ")] + $0.words }
        let table = ([head, head.map { _ in "---" }] + body).map { "| \($0.joined(separator: " | ")) |" }
        let faults = columns.map { column in
            "- *\(column.harm.rawValue)*: \(column.faults.map(\.name).joined(separator: "; "))."
        }
        return (faults + [""] + table).joined(separator: "\n")
    }

    private static var legend: String {
        MatrixWord.allCases.compactMap { word in word.legend.map { "`\(word.rawValue)` \($0)" } }
            .joined(separator: ", ")
    }

    /// The whole page.
    static var text: String {
        """
        # What goes on when something breaks

        Each fault is done to one of two pools, or to one volume, of a driver that runs, and each call is made: for what has the fault, for another
        volume of the same pool, and for one of the other pool. Then the driver is killed and started again with the fault in place, and all
        calls are made again; then the fault is mended, and all calls are made once more, by the same driver. In the end all is deleted,
        and there is no mount, no device, no file and no note left. `make matrix` does that on this machine (as root) and
        prints what it saw; `make test` does a part of it. This page is made from the same declaration
        (`Tests/ProcessTests/Matrix`), and a test compares them.

        **What has no fault does not notice**: every call for other volumes of the pool, for other pools, and about the node (Probe, NodeGetInfo,
        `/healthz`, `/metrics`) is `ok` with every fault, before and after the restart; so is everything while \(foreign).
        **Once the fault has gone, every call is `ok`** without a restart. The tables are about what has the fault.

        ## Faults of a pool

        \(table(\.isOfPoolAlone))

        ## Faults of a volume

        \(table(\.isOfVolume))

        Words: \(legend). Where there are several, any of them, as the moment has it. `waits`: it may be answered, be refused, or wait until its caller's
        time is up; it goes on where the disk does.

        ## Faults of the node and of callers

        - A driver that can open nothing more may refuse anything for the moment, but an `ok` is true.
        - Ids and names of many kilobytes, of characters that combine without end, are refused with INVALID_ARGUMENT, and keep nobody waiting.

        ## What is known not to hold

        \(MatrixGap.all.map { "- \($0.reason)" }.joined(separator: "\n"))

        ## Why

        \(MatrixRule.reasons.map { "- \($0)" }.joined(separator: "\n"))

        """
    }

    /// The faults that are nobody's of the driver.
    private static var foreign: String {
        MatrixFault.all.filter { $0.harm == .none && $0.name != "nothing" }.map { "\($0.name) is there" }
            .joined(separator: ", or ")
    }

    /// Where the page lies.
    static var path: String {
        let parts = #filePath.split(separator: "/").dropLast(4)
        return "/\(parts.joined(separator: "/"))/docs/faults.md"
    }
}
