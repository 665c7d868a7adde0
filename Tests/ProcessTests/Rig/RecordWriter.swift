import LinuxHost
import Synchronization
import Testing

/// A writer that never stops: numbered records with a checksum, appended one by one and each synced.
///
/// Whatever a copy of the file is made of, it must be a prefix of what was written, with all that was acknowledged.
final class RecordWriter: Sendable {
    static let recordBytes = 64

    private struct State {
        var acknowledged = 0
        var begun = 0
        var isStopping = false
        var trouble: String?
    }

    private let path: String
    private let state = Mutex(State())

    /// Will append to this file, and make and remove others beside it.
    init(_ folder: String) { path = folder }

    /// Records that were synced up to now.
    var acknowledged: Int { state.withLock { $0.acknowledged } }

    /// Records whose writing had begun up to now.
    var begun: Int { state.withLock { $0.begun } }

    /// Why the writer ended early.
    var trouble: String? { state.withLock { $0.trouble } }

    /// Runs the body while the writer writes; waits for it to end.
    func whileWriting(_ body: () throws -> Void) throws {
        let thread = try OwnThread.start(name: "writer") {
            do { try self.write() } catch { self.state.withLock { $0.trouble = "\(error)" } }
        }
        let outcome = Result {
            try waitUntil("the writer writes") { acknowledged > 0 }
            try body()
        }
        state.withLock { $0.isStopping = true }
        try thread.join()
        try outcome.get()
        #expect(trouble == nil)
    }

    private func write() throws {
        let folder = try Directory.open(path)
        let file = try folder.createFile("records", mode: 0o600)
        while !state.withLock({ $0.isStopping }) {
            let number = state.withLock { state in
                state.begun += 1
                return state.begun
            }
            try file.pwrite(Self.record(number), offset: Int64(number - 1) * Int64(Self.recordBytes))
            try file.sync()
            state.withLock { $0.acknowledged = number }
            // Something for the journals besides one growing file.
            if number % 16 == 0 {
                try folder.replace("turn", with: Self.record(number), mode: 0o600, sync: false)
            }
        }
    }

    private static func record(_ number: Int) -> [UInt8] {
        let digits = String(number)
        let head = String(repeating: "0", count: 16 - digits.count) + digits
        let sum = Digest.sha256Hex(Array("record \(head)".utf8)).prefix(recordBytes - 17)
        return Array("\(head)\(sum)\n".utf8)
    }

    /// How many records a copy of the file holds, all of them whole and in order.
    static func count(_ bytes: [UInt8]) throws -> Int {
        let count = bytes.count / recordBytes
        try #require(bytes.count == count * recordBytes, "\(bytes.count) bytes are no whole records")
        for index in 0..<count {
            let found = bytes[(index * recordBytes)..<((index + 1) * recordBytes)]
            try #require(Array(found) == record(index + 1), "record \(index + 1) of \(count)")
        }
        return count
    }
}
