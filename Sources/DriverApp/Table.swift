/// Rows of text with aligned columns.
struct Table {
    /// A column and how its cells are aligned.
    struct Column {
        let title: String
        var isNumber = false
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row; a cell without text shows a dash.
    mutating func add(_ cells: [String?]) {
        precondition(cells.count == columns.count, "A row has a cell for each column.")
        rows.append(cells.map { cell in cell.flatMap { $0.isEmpty ? nil : Self.printable($0) } ?? "-" })
    }

    /// The table with its titles; nothing but these where it has no rows.
    var text: String {
        let titles = columns.map(\.title)
        let widths = columns.indices.map { column in
            ([titles] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([titles] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += column == 0 ? "" : "  "
                let isLast = column == row.count - 1
                line +=
                    isLast && !columns[column].isNumber
                    ? cell : Figure.padded(cell, widths[column], toTheRight: columns[column].isNumber)
            }
            return line
        }.joined(separator: "\n")
    }

    /// Text from elsewhere, with everything replaced that a terminal might obey.
    static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
