import LinuxHost
import Log

/// A driver in a folder of its own, for showing and measuring: the real server as a child, with a fresh pool.
///
/// Everything asked of it through `client` is undone at the end, whatever the end is.
final class Workbench {
    /// The folder that holds all of it.
    let folder: String
    /// The caller of the driver.
    let client: VolumeClient
    /// The driver.
    let driver: ChildDriver

    /// Where the driver keeps its volumes.
    var pool: String { "\(folder)/pool" }

    private init(folder: String) throws {
        self.folder = folder
        driver = try ChildDriver(folder: folder, pool: "\(folder)/pool")
        client = VolumeClient(try driver.connect())
    }

    /// Makes a bench, lets the body work with it, and cleans up, also after SIGINT and SIGTERM.
    ///
    /// Returns the exit code of the program: 0, 1 for a failure or leftovers, 128 and the signal's number if interrupted.
    static func run(_ purpose: String, _ body: (Workbench) throws -> Void) throws -> Int32 {
        guard HostIdentity.isRoot else {
            throw StartError(
                "loopcsi \(purpose) needs root (try sudo), because it attaches loop devices and mounts file systems"
            )
        }
        // Before the first thread starts; from here on the signals are looked for between two steps.
        try Signals.block()
        let folder = try WorkFolder.make(purpose)
        var code: Int32 = 0
        do {
            let bench = try Workbench(folder: folder)
            code = attempt(purpose) { try body(bench) }
            code = max(code, attempt(purpose) { try bench.client.undoAll() })
            code = max(code, attempt(purpose) { try bench.driver.stop() })
            if code == 1 { bench.driver.showLog() }
        } catch {
            code = report(error, of: purpose)
        }
        return max(code, attempt(purpose) { try WorkFolder.remove(folder) })
    }

    private static func attempt(_ purpose: String, _ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return 0
        } catch {
            return report(error, of: purpose)
        }
    }

    private static func report(_ error: any Error, of purpose: String) -> Int32 {
        guard let interrupt = error as? Interrupt else {
            Command.complain("\(purpose): \(error)")
            return 1
        }
        Command.complain("\(purpose): \(interrupt); cleaning up")
        return interrupt.exitCode
    }
}

/// SIGINT or SIGTERM, noticed between two steps.
struct Interrupt: Error, CustomStringConvertible {
    private let signal: Int32

    /// What a shell expects of a program that a signal ended.
    var exitCode: Int32 { 128 + signal }

    var description: String { "interrupted by \(signal == Signals.interrupt ? "SIGINT" : "SIGTERM")" }

    /// Throws an `Interrupt` if a signal is waiting.
    static func check() throws { try pause(seconds: 0) }

    /// Sleeps, unless a signal comes.
    static func pause(seconds: Double) throws {
        guard let signal = try Signals.next(within: Int64(seconds * 1e9)) else { return }
        throw Interrupt(signal: signal)
    }
}
