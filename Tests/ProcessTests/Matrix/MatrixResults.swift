import Synchronization

/// What all calls of one run came to.
final class MatrixResults: Sendable {
    private let answers = Mutex<[MatrixCell: [MatrixAnswer]]>([:])
    private let troubles = Mutex<[String]>([])

    func add(_ answer: MatrixAnswer, _ cell: MatrixCell) {
        answers.withLock { $0[cell, default: []].append(answer) }
    }

    /// Notes what went wrong besides the answers of calls: something is left, or the driver does not start.
    func note(_ trouble: String) { troubles.withLock { $0.append(trouble) } }

    var all: [MatrixCell: [MatrixAnswer]] { answers.withLock { $0 } }
    var notes: [String] { troubles.withLock { $0 } }
}
