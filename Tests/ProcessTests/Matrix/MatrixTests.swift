import Glibc
import LinuxHost
import Synchronization
import TestSupport
import Testing

@Suite("The page of faults")
struct MatrixPageTests {
    @Test("docs/faults.md is what the matrix declares")
    func page() throws {
        if HostIdentity.environment("MATRIX") == "page" {
            let file = try OwnedDescriptor.open(MatrixPage.path, .readWrite)
            try file.truncate(to: 0)
            try file.pwrite(Array(MatrixPage.text.utf8), offset: 0)
        }
        let isSame = TextFile.read(MatrixPage.path, limitBytes: 1 << 20).map { $0 + "\n" } == MatrixPage.text
        #expect(isSame, "make matrix-page writes it anew")
    }
}

@Suite(
    "Each fault by each call", .requiresRoot,
    .enabled("make matrix runs it, and make test in brief, in a mount namespace of its own") {
        ["all", "brief"].contains(HostIdentity.environment("MATRIX"))
    })
struct MatrixTests {
    /// The rows of this run: `MATRIX=all` tries each fault on each file system, `MATRIX=brief` the plainest ones.
    private var runs: [MatrixRun] {
        let isBrief = HostIdentity.environment("MATRIX") != "all"
        let word = HostIdentity.environment("MATRIX_ONLY") ?? ""
        return MatrixFault.all.filter { !isBrief || $0.isBrief }.flatMap { fault in
            fault.filesystems.prefix(isBrief ? 1 : 3).map { MatrixRun(fault, $0) }
        }.filter { word.isEmpty || $0.title.contains(word) }
    }

    @Test("What must work works, what must fail fails with its code, and nothing is left")
    func holds() throws {
        let runs = runs
        let next = Mutex(0)
        let jobs = HostIdentity.environment("MATRIX_JOBS").flatMap { Int($0) } ?? 4
        let workers = try (0..<jobs).map { _ in
            try Background {
                while true {
                    let number = next.withLock { number in
                        number += 1
                        return number - 1
                    }
                    guard number < runs.count else { return }
                    let began = Clock.monotonicNanoseconds
                    runs[number].run()
                    Self.tell(runs[number], seconds: (Clock.monotonicNanoseconds - began) / 1_000_000_000)
                }
            }
        }
        while workers.contains(where: { !$0.isDone }) { Clock.sleep(nanoseconds: 20_000_000) }
        print(MatrixTable.text(runs))
        for run in runs {
            for wrong in MatrixTable.wrong(run) where !wrong.isGap { Issue.record("\(wrong)") }
            for note in run.results.notes { Issue.record("\(run.title): \(note)") }
        }
    }

    private static func tell(_ run: MatrixRun, seconds: Int64) {
        let wrong = MatrixTable.wrong(run)
        let cells = run.results.all.count
        print("\(run.title): \(cells - wrong.count) of \(cells) cells hold, \(seconds) s")
        for one in wrong { print("  \(one.isGap ? "KNOWN" : "WRONG") \(one)") }
        for note in run.results.notes { print("  NOTE \(run.title): \(note)") }
        fflush(nil)
    }
}
