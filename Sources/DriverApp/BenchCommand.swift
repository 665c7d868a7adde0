import LinuxHost
import Volumes

/// `loopcsi bench`: what each step costs on this machine, next to a floor measured in the same run.
enum BenchCommand {
    private static let usualLives = 50

    static func run(_ arguments: [String]) throws -> Int32 {
        let flags = try Flags(arguments, known: ["lives"])
        guard flags.words.isEmpty else { throw UsageError("use: loopcsi bench [--lives N]") }
        let lives = try lives(flags.one("lives"))
        return try Workbench.run("bench") { bench in
            BenchReport.heading(lives: lives)
            try measure(bench, lives: lives)
        }
    }

    static func lives(_ text: String?) throws(UsageError) -> Int {
        guard let text else { return usualLives }
        guard let lives = Int(text), (1...10_000).contains(lives) else {
            throw UsageError("--lives '\(text)': use a number from 1 to 10000")
        }
        return lives
    }

    private static func measure(_ bench: Workbench, lives: Int) throws {
        // First of all, while the driver has done nothing but start.
        let driver = bench.driver.processID
        let wakeUps = try BenchProcess.wakeUps(of: driver)
        var moments = [("idle", try BenchProcess(driver))]
        BenchReport.print(try BenchProbes(on: bench))
        moments.append(("after \(BenchProbes.calls) calls", try BenchProcess(driver)))
        for kind in FilesystemKind.allCases {
            guard let measured = try BenchLives(kind, lives: lives, on: bench) else {
                Command.say("\n\(kind.rawValue): left out, mkfs.\(kind.rawValue) is not installed")
                continue
            }
            BenchReport.print(measured)
        }
        BenchReport.print(try BenchCrowd(creations: lives, on: bench))
        moments.append(("after all lives", try BenchProcess(driver)))
        BenchReport.print(moments, wakeUps: wakeUps)
    }
}
