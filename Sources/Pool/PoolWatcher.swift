/// Hears how a pool gets on that is being opened, and when one that was opened is not at its place any more.
package struct PoolWatcher: Sendable {
    let onStep: @Sendable (String) -> Void
    let onLoss: @Sendable () -> Void

    /// Calls these from whichever thread is at it; they must not block.
    package init(
        onStep: @escaping @Sendable (String) -> Void = { _ in }, onLoss: @escaping @Sendable () -> Void = {}
    ) {
        self.onStep = onStep
        self.onLoss = onLoss
    }
}
