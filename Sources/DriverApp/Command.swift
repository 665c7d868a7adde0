internal import Glibc
import LinuxHost
import Log
import Text

/// The subcommands of the program.
package enum Command {
    /// Runs the program; returns its exit code: 0 success, 1 failure, 2 wrong usage.
    package static func run(_ arguments: [String]) -> Int32 {
        do {
            let arguments = Array(arguments.dropFirst())
            if let text = Subcommand.answer(to: arguments) {
                print(text)
                return 0
            }
            let (name, rest) = (arguments[0], Array(arguments.dropFirst()))
            // The other end of a bench, which starts it.
            if name == "bench-nodes" { return try BenchNodesCommand.run(rest) }
            guard let command = Subcommand.all.first(where: { $0.name == name }) else {
                let near = Nearest.to(name, among: Subcommand.all.map(\.name) + ["version", "help"])
                throw UsageError(
                    "unknown subcommand '\(name.cut(bytes: 64))'; "
                        + (near.map { "did you mean \($0)?" } ?? "try loopcsi help"))
            }
            return try command.run(rest)
        } catch let error as UsageError {
            complain("\(error)")
            return 2
        } catch {
            complain("\(error)")
            return 1
        }
    }

    /// Serves until a signal ends it.
    static func serve(_ arguments: [String]) throws -> Int32 {
        let options = try ServeOptions(arguments)
        let log = Logger(format: options.logFormat, minimum: options.logLevel)
        if case .controller(let relay) = options.role { return try serve(options, relay, log) }
        guard HostIdentity.isRoot else {
            throw StartError("loopcsi serve needs root: loop devices and mounts are made by root alone")
        }
        // Before the first thread starts, so that every thread leaves the signals to this one.
        try Signals.block()
        // Next, so that a bad address costs nothing, and whoever asks is told that the driver is starting.
        let pages = try OperatorPages.start(at: options.metricsAddress, log: log)
        let keeper = try PoolKeeper(options, log: log)
        if let signal = try keeper.settle() {
            log.info("stopping", (.signal, Int(signal)))
            return 0
        }
        let driver = try Driver.start(options, keeper, pages: pages, log: log)
        let signal = try Signals.wait()
        log.info("stopping", (.signal, Int(signal)))
        driver.stop()
        return 0
    }

    /// Serves as a relay, which needs no rights.
    private static func serve(
        _ options: ServeOptions, _ place: ServeOptions.RelayOptions, _ log: Logger
    ) throws -> Int32 {
        // Before the first thread starts, so that every thread leaves the signals to this one.
        try Signals.block()
        let pages = try OperatorPages.start(at: options.metricsAddress, log: log)
        let relay = try RelayProcess.start(options, place, pages: pages, log: log)
        let signal = try Signals.wait()
        log.info("stopping", (.signal, Int(signal)))
        relay.stop()
        return 0
    }

    /// Prints a line at once, also where the output is no terminal.
    static func say(_ text: String) {
        print(text)
        fflush(nil)
    }

    static func complain(_ text: String) {
        StandardError.write(Array("loopcsi: \(text)\n".utf8))
    }
}
