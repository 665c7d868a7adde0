import LinuxHost
import Log
import Volumes

/// Copies the data of one image into another, empty one in steps; holes stay holes.
///
/// Between two steps it can be given up, and tells how far it has come if it takes longer than a moment.
struct ImageCopy {
    /// A fraction of a second on any disk that people use for volumes.
    static let stepBytes: Int64 = 16 << 20
    private static let firstLineSeconds = 1.0
    private static let lineSeconds = 3.0

    private let step: String
    private let totalBytes: Int64
    private let log: Logger
    private let seconds: () -> Double
    private let start: Double
    private var nextLine: Double
    private var doneBytes: Int64 = 0

    /// Prepares a copy of so much data; `step` names it, `seconds` is a clock that never goes back.
    init(
        _ step: String, totalBytes: Int64, log: Logger,
        seconds: @escaping () -> Double = { Double(Clock.monotonicNanoseconds) / 1e9 }
    ) {
        self.step = step
        self.totalBytes = totalBytes
        self.log = log
        self.seconds = seconds
        start = seconds()
        nextLine = start + Self.firstLineSeconds
    }

    /// Gives the copy the size and the data of the original; `check` is asked before each step whether to go on.
    mutating func run(
        from original: borrowing OwnedDescriptor, to copy: borrowing OwnedDescriptor,
        _ check: () throws(VolumeFault) -> Void
    ) throws(VolumeFault) {
        try VolumeFault.onHostAllocating(step) { () throws(SystemError) in
            // What an attempt to share blocks may have left is not part of the copy.
            try copy.truncate(to: 0)
            try copy.truncate(to: try original.status().sizeBytes)
        }
        var offset: Int64 = 0
        while let range = try data(of: original, from: offset) {
            offset = range.lowerBound
            while offset < range.upperBound {
                try check()
                let bytes = min(Self.stepBytes, range.upperBound - offset)
                let moved = try VolumeFault.onHostAllocating(step) { () throws(SystemError) in
                    try original.copyRange(offset: offset, bytes: bytes, to: copy)
                }
                // The file was made shorter meanwhile; what is missing is a hole in the copy.
                guard moved > 0 else { return }
                offset += moved
                tell(moved)
            }
        }
        try check()
    }

    private func data(
        of original: borrowing OwnedDescriptor, from offset: Int64
    ) throws(VolumeFault) -> Range<Int64>? {
        try VolumeFault.onHost(step) { () throws(SystemError) in try original.nextData(from: offset) }
    }

    private mutating func tell(_ moved: Int64) {
        doneBytes += moved
        let now = seconds()
        guard now >= nextLine else { return }
        nextLine = now + Self.lineSeconds
        log.info(
            "copying", (.step, step), (.doneBytes, doneBytes), (.sizeBytes, max(totalBytes, doneBytes)),
            (.ms, ((now - start) * 1000).rounded()))
    }
}
