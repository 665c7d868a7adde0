/// A rule that decides for some cells what calls may come to; the first one that applies decides.
struct MatrixRule: Sendable {
    /// Why it is so, for the page.
    let reason: String
    /// What calls may come to.
    let words: Set<MatrixWord>
    let applies: @Sendable (MatrixFault, MatrixCell) -> Bool

    init(
        _ reason: String, _ words: Set<MatrixWord>,
        _ applies: @escaping @Sendable (MatrixFault, MatrixCell) -> Bool
    ) {
        self.reason = reason
        self.words = words
        self.applies = applies
    }

    /// What the calls of a cell may come to.
    static func words(_ fault: MatrixFault, _ cell: MatrixCell) -> Set<MatrixWord> {
        (general + particular).first { $0.applies(fault, cell) }?.words ?? [.ok]
    }

    /// Why, each reason once.
    static var reasons: [String] {
        (general + particular).map(\.reason).reduce(into: []) { all, reason in
            if !all.contains(reason) { all.append(reason) }
        }
    }

    /// What a call for a disk that hangs may come to.
    static let waiting: Set<MatrixWord> = [
        .ok, .deadline, .aborted, .unavailable, .precondition, .exhausted,
    ]

    /// What holds for every fault.
    private static let general: [MatrixRule] = [
        MatrixRule("Once the fault has gone everything works again, without a restart.", [.ok]) { _, cell in
            cell.moment == .healed
        },
        MatrixRule(
            "A driver that can open nothing may refuse anything for the moment, but never lies.",
            [.ok, .internalError, .unavailable, .deadline, .precondition, .aborted]
        ) { fault, _ in fault.harm == .descriptors },
        MatrixRule("One fault stays one fault: nobody else notices.", [.ok]) { _, cell in
            cell.subject != .affected
        },
        MatrixRule(
            "Who calls for a hung disk waits, or is told; it costs nobody else anything.",
            waiting
        ) { fault, _ in fault.harm == .hung },
        MatrixRule(
            "A hostile id or name is refused at the door.", [.invalid]
        ) { fault, _ in fault.harm == .text },
        MatrixRule("Lists show what can be seen.", [.ok]) { _, cell in
            cell.call == .listVolumes || cell.call == .listSnapshots
        },
        MatrixRule(
            "Taking down is refused only where it cannot be done: what is frozen or covered is named.",
            [.precondition]
        ) { fault, cell in
            switch fault.harm {
            case .frozen: [.unpublish, .unstage].contains(cell.call)
            case .stagingCovered: cell.call == .unstage
            case .targetCovered: [.unpublish, .unstage].contains(cell.call)
            default: false
            }
        },
        MatrixRule("Taking down needs the kernel alone.", [.ok]) { _, cell in cell.call.aim == .teardown },
    ]

    /// Whether the rule is about a kind of fault.
    static func about(
        _ harm: MatrixHarm, _ calls: Set<MatrixCall>, _ words: Set<MatrixWord>, _ reason: String
    ) -> MatrixRule {
        MatrixRule(reason, words) { fault, cell in fault.harm == harm && calls.contains(cell.call) }
    }
}
