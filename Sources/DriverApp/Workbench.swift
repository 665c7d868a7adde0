import LinuxHost
import Log
import Pool

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
    let pool: String
    /// The same as the driver was told it.
    let poolOption: String

    private init(folder: String, imageGiB: Int?, flags: [String]) throws {
        self.folder = folder
        let outer = Self.poolFolder(in: folder)
        pool = imageGiB == nil ? outer : PoolImage.mountPoint(in: outer)
        // Sparse, because a host should not lack what a demo hardly uses.
        let image = imageGiB.map { ",image=\($0)GiB,image-allocation=sparse" } ?? ""
        poolOption = "default=\(outer),reserve=0%\(image)"
        driver = try ChildDriver(folder: folder, pool: poolOption, flags: flags)
        client = VolumeClient(try driver.connect())
    }

    private static func poolFolder(in folder: String) -> String { "\(folder)/pool" }

    /// Makes a bench, lets the body work with it, and cleans up, also after SIGINT and SIGTERM.
    ///
    /// With a size the pool is in a file of its own, where snapshots are instant whatever the host's file system is.
    /// Returns the exit code of the program: 0, 1 for a failure or leftovers, 128 and the signal's number if interrupted.
    ///
    /// `flags` makes further flags of the driver, when the folder is there.
    static func run(
        _ purpose: String, imageGiB: Int? = nil, flags: (_ folder: String) throws -> [String] = { _ in [] },
        _ body: (Workbench) throws -> Void
    ) throws -> Int32 {
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
            let bench = try Workbench(folder: folder, imageGiB: imageGiB, flags: flags(folder))
            code = attempt(purpose) { try body(bench) }
            code = max(code, attempt(purpose) { try bench.client.undoAll() })
            code = max(code, attempt(purpose) { try bench.driver.stop() })
            if code == 1 { bench.driver.showLog() }
        } catch {
            code = report(error, of: purpose)
        }
        if imageGiB != nil {
            // The driver leaves it mounted, as volumes might be in use. A failure shows as leftovers below.
            code = max(code, attempt(purpose) { try PoolImage.takeDown(Self.poolFolder(in: folder)) })
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
