internal import Glibc
import LinuxHost
import Log

/// The subcommands of the program.
package enum Command {
    private static let usage = """
        loopcsi: volumes from files, for Kubernetes and other CSI orchestrators

          loopcsi serve [FLAGS]                  serve the CSI socket (flags: README)
          loopcsi call METHOD [JSON] [FLAGS]     call a method, such as csi.v1.Identity/Probe
          loopcsi probe [FLAGS]                  exit 0 if the driver is ready
          loopcsi pool list|check [FLAGS]        look into the pools, also while no driver runs
          loopcsi volume list [FLAGS]            the volumes and where they are in use
          loopcsi volume show NAME [FLAGS]       all about one volume, by its name or its id
          loopcsi snapshot list [FLAGS]          the snapshots
                                                 FLAGS: --pool as for serve, --output table|json
          loopcsi certs --dir DIR [--driver-name NAME] [--days N]
                                                 certificates for nodes and their one controller
          loopcsi demo                           watch a volume live (needs root)
          loopcsi bench [--lives N] [--only PART]  measure every step (needs root)
          loopcsi version
        """

    /// Runs the program; returns its exit code: 0 success, 1 failure, 2 wrong usage.
    package static func run(_ arguments: [String]) -> Int32 {
        do {
            switch arguments.dropFirst().first {
            case "serve": return try serve(Array(arguments.dropFirst(2)))
            case "call": return try CallCommand.run(Array(arguments.dropFirst(2)))
            case "probe": return try ProbeCommand.run(Array(arguments.dropFirst(2)))
            case "pool": return try PoolCommand.run(Array(arguments.dropFirst(2)))
            case "volume": return try VolumeCommand.run(Array(arguments.dropFirst(2)))
            case "snapshot": return try SnapshotCommand.run(Array(arguments.dropFirst(2)))
            case "certs": return try CertsCommand.run(Array(arguments.dropFirst(2)))
            case "demo": return try DemoCommand.run(Array(arguments.dropFirst(2)))
            case "bench": return try BenchCommand.run(Array(arguments.dropFirst(2)))
            // The other end of a bench, which starts it.
            case "bench-nodes": return try BenchNodesCommand.run(Array(arguments.dropFirst(2)))
            case "version": print("loopcsi \(Driver.version)")
            case nil, "help", "--help", "-h": print(usage)
            case let word?: throw UsageError("unknown subcommand '\(word)'; try loopcsi help")
            }
            return 0
        } catch let error as UsageError {
            complain("\(error)")
            return 2
        } catch {
            complain("\(error)")
            return 1
        }
    }

    private static func serve(_ arguments: [String]) throws -> Int32 {
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
        if let signal = try PoolMounts.wait(for: options.pools, log) {
            log.info("stopping", (.signal, Int(signal)))
            return 0
        }
        let driver = try Driver.start(options, pages: pages, log: log)
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
