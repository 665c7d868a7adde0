import LinuxHost
import Volumes

/// `loopcsi bench`: what each step costs on this machine, next to a floor measured in the same run.
enum BenchCommand {
    /// What can be measured alone; each part has drivers and pools of its own.
    enum Part: String, CaseIterable {
        case lives, node, copies, lists, relay
    }

    private static let usualLives = 50
    /// How often a copy in constant time is measured; one that moves all the data is measured once.
    private static let rounds = 5

    static func run(_ arguments: [String]) throws -> Int32 {
        let flags = try Flags(arguments, known: FlagHelp.bench.map(\.name))
        guard flags.words.isEmpty else {
            throw UsageError("use: loopcsi bench [--lives N] [--only lives|node|copies|lists|relay]")
        }
        let lives = try lives(flags.one("lives"))
        let parts = try parts(flags.one("only"))
        BenchReport.heading()
        var code: Int32 = 0
        for part in parts where code == 0 {
            switch part {
            case .lives: code = try Workbench.run("bench") { try measure($0, lives: lives) }
            case .node: code = try Workbench.run("bench") { BenchReport.print(try BenchNode(on: $0)) }
            case .copies: code = try copies()
            case .lists:
                code = try Workbench.run("bench", imageGiB: 16) { BenchReport.print(try BenchLists(on: $0)) }
            case .relay: code = try relay()
            }
        }
        return code
    }

    static func lives(_ text: String?) throws(UsageError) -> Int {
        guard let text else { return usualLives }
        guard let lives = Int(text), (1...10_000).contains(lives) else {
            throw UsageError("--lives '\(text)': use a number from 1 to 10000")
        }
        return lives
    }

    static func parts(_ text: String?) throws(UsageError) -> [Part] {
        guard let text else { return Part.allCases }
        guard let part = Part(rawValue: text) else {
            throw UsageError("--only '\(text)': use \(Part.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return [part]
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
            BenchReport.print(measured, lives: lives)
        }
        BenchReport.print(try BenchCrowd(creations: lives, on: bench))
        moments.append(("after all lives", try BenchProcess(driver)))
        BenchReport.print(moments, wakeUps: wakeUps)
    }

    private static func relay() throws -> Int32 {
        let port = BenchRelayRig.anyPort()
        return try Workbench.run("bench", flags: { try BenchRelayRig.prepare($0, port: port) }) { bench in
            let rig = try BenchRelayRig(on: bench, port: port)
            BenchReport.print(try BenchRelay(on: bench, rig))
            BenchReport.print(try BenchFleet(rig))
        }
    }

    private static func copies() throws -> Int32 {
        let code = try Workbench.run("bench", imageGiB: 48) { bench in
            BenchReport.print(
                try BenchCopies("XFS with reflink, in a file", sharesBlocks: true, rounds: rounds, on: bench),
                hasAim: true)
            BenchReport.print(try BenchHints(rounds: rounds, on: bench))
        }
        guard code == 0 else { return code }
        // The longest that can be set, as here the data is copied while the volume is held still.
        return try Workbench.run("bench", flags: { _ in ["--freeze-limit", "60"] }) { bench in
            let filesystem = try Directory.open(bench.folder).space().type
            BenchReport.print(
                try BenchCopies("\(filesystem)", sharesBlocks: false, rounds: 1, on: bench), hasAim: false)
        }
    }
}
