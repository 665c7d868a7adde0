import Synchronization

/// What a look came to that may take longer than anybody waits for it.
final class Verdict<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    /// Nothing until the look has ended.
    var given: Value? { value.withLock { $0 } }

    func give(_ value: Value) { self.value.withLock { $0 = value } }
}
