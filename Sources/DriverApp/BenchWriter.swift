import LinuxHost
import Synchronization

/// A thread that writes to a mounted volume and remembers its longest wait for one write.
final class BenchWriter: Sendable {
    /// What it writes.
    enum Load: String, CaseIterable {
        /// A page of a small file each millisecond, through the page cache: it hardly disturbs and sees every stall.
        case quiet
        /// Pages at random places of a large file, directly, as fast as they go: it makes as many extents as can be.
        case random = "random 4 KiB writer"
    }

    private struct State {
        var longest: Int64 = 0
        var writes: Int64 = 0
        var isStopping = false
        var failure: (any Error)?
    }

    private static let page: Int64 = 4096
    private let state = Mutex(State())

    private init() {}

    /// Runs the body beside a writer to the file, which must be there with its full size.
    static func beside<Result>(
        _ load: Load, to path: String, bytes: Int64, _ body: (BenchWriter) throws -> Result
    ) throws -> Result {
        let writer = BenchWriter()
        let thread = try OwnThread.start(name: "writer") { writer.run(load, path, pages: bytes / page) }
        let result = Swift.Result { () throws -> Result in
            // The first write opens what is cold.
            _ = try writer.longestWait { try Interrupt.pause(seconds: 0.01) }
            return try body(writer)
        }
        writer.state.withLock { $0.isStopping = true }
        try thread.join()
        return try result.get()
    }

    /// The longest that a write took which was under way during the body, or began before it ended.
    func longestWait(_ body: () throws -> Void) throws -> Int64 {
        state.withLock { $0.longest = 0 }
        try body()
        // A write that was held up tells so when it is through; one more after it was under way at the end of the body.
        let writes = state.withLock(\.writes)
        while state.withLock({ $0.writes < writes + 2 && $0.failure == nil }) {
            try Interrupt.pause(seconds: 0.0002)
        }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.longest
        }
    }

    private func run(_ load: Load, _ path: String, pages: Int64) {
        do {
            let block = AlignedBlock(bytes: Int(Self.page), filledWith: 0x5A)
            let file = try OwnedDescriptor.open(path, load == .quiet ? .readWrite : .readWriteDirect)
            var random = SystemRandomNumberGenerator()
            while !state.withLock(\.isStopping) {
                let offset = load == .quiet ? 0 : Int64.random(in: 0..<pages, using: &random) * Self.page
                let begin = Clock.monotonicNanoseconds
                try block.write(to: file, offset: offset)
                let duration = Clock.monotonicNanoseconds - begin
                state.withLock { state in
                    state.longest = max(state.longest, duration)
                    state.writes += 1
                }
                if load == .quiet { Clock.sleep(nanoseconds: 1_000_000) }
            }
        } catch {
            state.withLock { $0.failure = error }
        }
    }
}
