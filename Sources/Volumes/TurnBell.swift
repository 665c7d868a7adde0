/// Wakes an operation that waits for its turn.
package protocol TurnBell: Sendable {
    /// Ends the wait, now or when it begins.
    func ring()

    /// Returns once it was rung, or when the time is over.
    func wait()
}

/// Makes bells, one for each wait; they know how long that may last.
package protocol TurnBells: Sendable {
    /// A bell, or nothing where nobody is to wait.
    func make() -> (any TurnBell)?
}

/// For who waits for nothing: an operation that is not alone is told at once.
package struct NoTurnBells: TurnBells {
    /// No bells.
    package init() {}

    /// Nothing.
    package func make() -> (any TurnBell)? { nil }
}
