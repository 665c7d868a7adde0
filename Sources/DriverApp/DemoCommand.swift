import CSIWire
import LinuxHost

/// `loopcsi demo`: the life of some volumes on this machine, step by step, as the kernel sees it.
enum DemoCommand {
    static func run(_ arguments: [String]) throws -> Int32 {
        guard try Flags(arguments, known: []).words.isEmpty else {
            throw UsageError("use: loopcsi demo (it takes no flags)")
        }
        let code = try Workbench.run("demo", imageGiB: 8) { bench in
            let steps = DemoSteps()
            steps.heading("a driver of its own in \(bench.folder), process \(bench.driver.processID)")
            try introduce(bench, steps)
            steps.heading("a volume with a file system")
            try DemoFilesystem(bench, steps).run()
            steps.heading("a raw block volume")
            try DemoBlock(bench, steps).run()
            steps.heading("a snapshot, a restore and a clone")
            try DemoCopies(bench, steps).run()
            steps.heading("a group of two, as one program writes to both")
            try DemoGroup(bench, steps).run()
        }
        if code == 0 { print("\nall steps passed; the driver, its mounts, devices and folder are gone") }
        return code
    }

    private static func introduce(_ bench: Workbench, _ steps: DemoSteps) throws {
        let info = try steps.step("plugin info") {
            try bench.client.call(CSI.GetPluginInfoRequest())
        } shows: {
            "\($0.name) \($0.vendorVersion)"
        }
        guard info.vendorVersion == Driver.version else { throw Surprise("the driver is of another version") }
        _ = try steps.step("probe") {
            try bench.client.call(CSI.ProbeRequest())
        } shows: { reply in
            guard reply.ready ?? true else { throw Surprise("the driver is not ready") }
            return
                "ready; the pool is in a file: \(try KernelView(pool: bench.pool).sentence(mountAt: bench.pool))"
        }
    }
}

/// Runs steps and prints a line for each.
final class DemoSteps {
    private var number = 0

    func heading(_ text: String) { Command.say("\n\(text)") }

    /// Runs one step and prints how long the calls took and what there is to see now, which is not timed.
    @discardableResult
    func step<Result>(
        _ title: String, _ body: () throws -> Result, shows: (Result) throws -> String
    ) throws -> Result {
        try Interrupt.check()
        number += 1
        let begin = Clock.monotonicNanoseconds
        do {
            let result = try body()
            let time = Figure.milliseconds(Clock.monotonicNanoseconds - begin)
            let sight = try shows(result)
            Command.say(
                "\(Figure.padded("\(number)", 4, toTheRight: true))  \(Figure.padded(title, 32))"
                    + "\(Figure.padded(time, 7, toTheRight: true)) ms  \(sight)")
            return result
        } catch let interrupt as Interrupt {
            throw interrupt
        } catch {
            throw Surprise("step \(number), \(title): \(error)")
        }
    }
}
