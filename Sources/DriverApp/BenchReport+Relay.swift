extension BenchReport {
    static func print(_ relay: BenchRelay) {
        let title = "through the relay, microseconds"
        Command.say("\n" + row(title, ["direct", "p99", "relayed", "p99", "added", "p99"]))
        for measured in relay.rows {
            let (direct, relayed) = (measured.direct, measured.relayed)
            let times = [
                direct.median, direct.p99, relayed.median, relayed.p99, relayed.median - direct.median,
                relayed.p99 - direct.p99,
            ]
            let aim = measured.title == relay.rows.first?.title ? "  aim: added 300" : ""
            Command.say(row(measured.title, times.map(microseconds)) + aim)
        }
        Command.say("\n" + row("processes, MB", ["resident", "own", "files", "threads"]))
        for (what, process) in relay.processes { Command.say(row(what, memory(process))) }
    }

    static func print(_ fleet: BenchFleet) {
        let title = "relay of \(BenchFleet.nodes) nodes, 10 volumes each"
        Command.say("\n" + row(title, ["median", "worst"]))
        Command.say(row("look at the name of all", [Figure.milliseconds(fleet.look)]))
        Command.say(
            row("start, until all nodes are known", [Figure.milliseconds(fleet.start)])
                + "  of which \(Figure.milliseconds(fleet.startWork)) at work")
        for (title, durations) in fleet.lists {
            let times = [durations.median] + (durations.count > 1 ? [durations.quantile(1)] : [])
            Command.say(row(title, times.map(Figure.milliseconds)))
        }
        let routed = [fleet.routed.median, fleet.routed.quantile(1)].map(Figure.milliseconds)
        Command.say(row("ControllerGetVolume", routed))
        Command.say(row("work in an idle minute", [Figure.milliseconds(fleet.workPerMinute)]))
        Command.say("\n" + row("relay process, MB", ["resident", "own", "files", "threads"]))
        Command.say(row("when all nodes are known", memory(fleet.process)))
        Command.say(row("half a minute later", memory(fleet.idleProcess)))
        Command.say(row("after these calls", memory(fleet.processAfter)))
    }

    private static func microseconds(_ nanoseconds: Int64) -> String {
        Figure.decimal(nanoseconds, unit: 1000, decimals: 0)
    }
}
