import CSIWire
import LinuxHost

/// What the driver's process costs while nobody asks it anything, as the kernel counts it.
struct BenchProcess {
    /// Memory in the process's pages, by where the pages come from.
    struct Memory {
        /// All of it.
        let resident: Int64
        /// The process's own: heap and stacks.
        let anonymous: Int64
        /// Of the program and its libraries.
        let file: Int64
    }

    /// How long the driver is left alone for counting wake-ups.
    static let idleSeconds = 5.0

    private let status: String

    /// A snapshot of a process now.
    init(_ processID: Int32) throws {
        guard let status = TextFile.read("/proc/\(processID)/status") else {
            throw Surprise("process \(processID) is gone")
        }
        self.status = status
    }

    var memory: Memory {
        Memory(
            resident: Self.field("VmRSS", of: status) * 1024,
            anonymous: Self.field("RssAnon", of: status) * 1024,
            file: Self.field("RssFile", of: status) * 1024)
    }

    var threads: Int64 { Self.field("Threads", of: status) }

    /// How often the threads of a process woke up during some idle seconds, by the name of the thread.
    static func wakeUps(of processID: Int32) throws -> [(thread: String, count: Int64)] {
        let before = try sleeps(of: processID)
        try Interrupt.pause(seconds: idleSeconds)
        let counts = try sleeps(of: processID).map { thread, count in (thread, count - (before[thread] ?? 0))
        }
        return counts.filter { $0.1 > 0 }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    /// How often the threads went to sleep, which they do once for each time that they wake up.
    private static func sleeps(of processID: Int32) throws -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for task in try Directory.open("/proc/\(processID)/task").entries() {
            guard let status = TextFile.read("/proc/\(processID)/task/\(task)/status"),
                let name = TextFile.read("/proc/\(processID)/task/\(task)/comm")
            else { continue }
            counts[name, default: 0] += field("voluntary_ctxt_switches", of: status)
        }
        return counts
    }

    /// What the processors did so far for the threads that a process has now.
    static func workNanoseconds(of processID: Int32) throws -> Int64 {
        try Directory.open("/proc/\(processID)/task").entries().reduce(0) { sum, task in
            // proc(5): time on a processor, time waiting for one, and how often.
            let words = TextFile.read("/proc/\(processID)/task/\(task)/schedstat")?.split(separator: " ")
            return sum + (words?.first.flatMap { Int64($0) } ?? 0)
        }
    }

    /// The number of a line such as `VmRSS:     17408 kB`; zero if there is none.
    static func field(_ name: String, of status: String) -> Int64 {
        let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        let words = line?.dropFirst(name.utf8.count + 1).split(whereSeparator: { $0 == " " || $0 == "\t" })
        return words?.first.flatMap { Int64($0) } ?? 0
    }
}

/// Round trips of Probe, the call that health checks repeat for ever.
struct BenchProbes {
    static let calls = 1000

    private(set) var durations = Durations()

    init(on bench: Workbench) throws {
        for _ in 0..<Self.calls {
            let begin = Clock.monotonicNanoseconds
            _ = try bench.client.call(CSI.ProbeRequest())
            durations.add(Clock.monotonicNanoseconds - begin)
        }
        try Interrupt.check()
    }
}
