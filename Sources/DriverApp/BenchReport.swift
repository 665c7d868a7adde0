import LinuxHost
import Volumes

/// Prints what was measured, as plain tables.
enum BenchReport {
    private static let words = 34
    private static let number = 10

    static func heading() {
        let kernel = TextFile.read("/proc/sys/kernel/osrelease") ?? "unknown"
        let processors = TextFile.read("/sys/devices/system/cpu/online") ?? "unknown"
        Command.say(
            "loopcsi \(Driver.version) on Linux \(kernel), processors \(processors); times in milliseconds")
    }

    static func print(_ lives: BenchLives, lives count: Int) {
        let title = "\(lives.kind.rawValue), \(Figure.bytes(BenchLives.bytes)), \(count) lives"
        Command.say("\n" + row(title, ["driver", "p90", "floor", "p90", "ratio"]))
        for step in LifeStep.allCases {
            Command.say(row(step.rawValue, compare(lives.driver.of(step), lives.floor.of(step))))
        }
        let aim = lives.kind == .ext4 ? "  aim: 1.50" : ""
        Command.say(row("whole life", compare(lives.driver.whole, lives.floor.whole)) + aim)
    }

    static func print(_ copies: BenchCopies, hasAim: Bool) {
        let size = "\(Figure.bytes(BenchCopies.dataBytes)) of data in \(Figure.bytes(BenchCopies.bytes))"
        Command.say("\ncopies of a mounted ext4 with \(size); pool on \(copies.pool)")
        Command.say(row("", ["median", "worst", "wait", "worst"]))
        for measured in copies.rows {
            let calls = [measured.calls.median, measured.calls.quantile(1)].map(Figure.milliseconds)
            let waits = [measured.waits.median, measured.waits.quantile(1)].map(Figure.milliseconds)
            let aim = hasAim ? aims[measured.title] ?? "" : ""
            Command.say(row(measured.title, calls + (measured.waits.count > 0 ? waits : [])) + aim)
        }
        Command.say(
            row("extents of the image", ["\(copies.extents.before)"])
                + "  before, \(copies.extents.after) after")
    }

    private static let aims = [
        "snapshot, quiet": "  aim: 20, wait 10", "snapshot, random 4 KiB writer": "  aim: wait 300",
    ]

    static func print(_ hints: BenchHints) {
        Command.say(
            "\nFICLONE of a sparse file, its \(Figure.bytes(BenchHints.fileBytes)) filled in random order, beside a random 4 KiB writer"
        )
        Command.say(row("", ["extents", "median", "worst", "wait", "worst"]))
        for file in hints.rows {
            let times = [
                file.clones.median, file.clones.quantile(1), file.waits.median, file.waits.quantile(1),
            ]
            let title = file.hasHints ? "with extent size hints, as images" : "without hints"
            Command.say(row(title, ["\(file.extents)"] + times.map(Figure.milliseconds)))
        }
    }

    static func print(_ node: BenchNode) {
        Command.say("\n" + row("driver process, MB", ["resident", "own", "files", "threads"]))
        for (when, process) in node.moments {
            let aim = when.hasPrefix("500") ? "  aim: resident 24" : ""
            Command.say(row(when, memory(process)) + aim)
        }
        let title = "\(BenchNode.atOnce) create, stage, publish at once"
        Command.say(
            row(title, [Figure.milliseconds(node.wallNanoseconds)]) + "  ms in all, \(node.failures) failures"
        )
    }

    static func memory(_ process: BenchProcess) -> [String] {
        let memory = process.memory
        return [memory.resident, memory.anonymous, memory.file]
            .map { Figure.decimal($0, unit: 1_000_000, decimals: 1) } + ["\(process.threads)"]
    }

    static func print(_ lists: BenchLists) {
        Command.say(
            "\n" + row("\(BenchLists.count) volumes and snapshots", ["median", "p90"]))
        for (title, durations) in lists.rows {
            Command.say(row(title, [durations.median, durations.p90].map(Figure.milliseconds)))
        }
        Command.say(row("start of a driver on this pool", [Figure.milliseconds(lists.start)]) + "  aim: 1000")
        let resident = Figure.decimal(lists.process.memory.resident, unit: 1_000_000, decimals: 1)
        Command.say(row("driver process, MB resident", [resident]))
    }

    static func print(_ crowd: BenchCrowd) {
        Command.say("\n" + row("create ext4 with others in the pool", ["median", "p90"]))
        for (count, durations) in [(BenchCrowd.few, crowd.withFew), (BenchCrowd.many, crowd.withMany)] {
            let times = [durations.median, durations.p90].map(Figure.milliseconds)
            Command.say(row("\(count) volumes", times))
        }
    }

    static func print(_ probes: BenchProbes) {
        let durations = probes.durations
        Command.say("\n" + row("Probe, \(durations.count) round trips", ["median", "p99"]))
        let times = [durations.median, durations.p99].map { Figure.decimal($0, unit: 1000, decimals: 0) }
        Command.say(row("microseconds", times) + Figure.padded("", number * 3) + "  aim: median 100")
    }

    static func print(
        _ moments: [(when: String, process: BenchProcess)], wakeUps: [(thread: String, count: Int64)]
    ) {
        Command.say("\n" + row("driver process, MB", ["resident", "own", "files", "threads"]))
        for (when, process) in moments {
            let aim = when == "idle" ? Figure.padded("", number) + "  aim: resident 22" : ""
            Command.say(row(when, memory(process)) + aim)
        }
        let sum = wakeUps.reduce(0) { $0 + $1.count }
        Command.say(
            row("wake-ups in \(Int(BenchProcess.idleSeconds)) idle seconds", ["\(sum)"])
                + Figure.padded("", number * 4) + "  aim: 0")
        for (thread, count) in wakeUps { Command.say(row("  of thread \(thread)", ["\(count)"])) }
    }

    private static func compare(_ driver: Durations, _ floor: Durations) -> [String] {
        [driver.median, driver.p90, floor.median, floor.p90].map(Figure.milliseconds)
            + [Figure.decimal(driver.median, unit: max(floor.median, 1), decimals: 2)]
    }

    static func row(_ title: String, _ cells: [String]) -> String {
        Figure.padded(title, words) + cells.map { Figure.padded($0, number, toTheRight: true) }.joined()
    }
}
