import CSIWire
import LinuxHost
import Pool
import Synchronization
import TestSupport
import Testing

/// A driver of a test's own: folder, pool, socket and process, with a check that nothing is left at the end.
final class Rig: Sendable {
    /// How the driver is to be run.
    struct Options: Sendable {
        /// A small file system of the test's own for the pool; nothing puts it beside the test's other files.
        var filesystem: TestPool.Filesystem?
        /// Size of that file system.
        var poolBytes: Int64 = 1 << 30
        /// True where the pool is in a file, which `poolWords` then tells the size of.
        var isInFile = false
        /// What follows the pool's path, such as `,reserve=0%`.
        var poolWords = ""
        /// More flags of `serve`.
        var flags: [String] = []
        /// Shell commands that change what the driver sees; it runs in a mount namespace of its own then.
        var hostChanges = ""
        /// True where a test makes a mount namespace itself, which holds the mounts of all others for a moment.
        var isAlone = false
        /// The folder of the rig that is named as kubelet's, if one is.
        var kubeletRoot: String?
        /// False where a test starts the driver itself.
        var starts = true
        /// False where a test leaves volumes in the pool on purpose.
        var expectsEmptyPool = true
    }

    let path: String
    /// The folder that the driver is told.
    let poolFolder: String
    /// Where the pool itself is: that folder, or the mount point in it.
    let pool: String
    let options: Options
    /// The file system that the pool is on, if it is one of the test's own.
    let poolFilesystem: TestPool?
    private let folder: TemporaryFolder
    private let process = Mutex<DriverProcess?>(nil)

    /// Runs a test body with a driver, stops the driver, and expects that no mount, no device and no file is left.
    static func run(
        _ options: Options = Options(), sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (Rig) throws -> Void
    ) throws {
        let isAlone = options.isAlone || !options.hostChanges.isEmpty
        Turnstile.shared.enter(alone: isAlone)
        defer { Turnstile.shared.leave(alone: isAlone) }
        let rig = try Rig(options)
        do {
            if options.starts { try rig.start() }
            try body(rig)
        } catch {
            Issue.record("log of the driver:\n\(rig.log.suffix(4000))", sourceLocation: sourceLocation)
            try rig.tearDown()
            throw error
        }
        try rig.finish(sourceLocation)
    }

    private init(_ options: Options) throws {
        self.options = options
        folder = try TemporaryFolder()
        path = folder.path
        poolFilesystem = try options.filesystem.map { try TestPool($0, bytes: options.poolBytes) }
        poolFolder = (poolFilesystem?.path ?? path) + "/pool"
        pool = options.isInFile ? PoolImage.mountPoint(in: poolFolder) : poolFolder
    }

    var socket: String { "\(path)/csi.sock" }

    var client: DriverClient { DriverClient(socket: socket) }

    /// The running driver.
    var driver: DriverProcess {
        get throws { try #require(process.withLock { $0 }, "no driver was started") }
    }

    var log: String { TextFile.read("\(path)/log", limitBytes: 1 << 26) ?? "" }

    /// The command line of the driver, with this pool unless others are given.
    func command(pools: [String]? = nil, socket: String? = nil) throws -> [String] {
        let pools = pools ?? ["default=\(poolFolder)\(options.poolWords)"]
        let serve =
            [try DriverProcess.program(), "serve", "--node-id", "node-1"]
            + ["--endpoint", "unix://\(socket ?? self.socket)", "--state-dir", "\(path)/state"]
            + pools.flatMap { ["--pool", $0] }
            + (options.kubeletRoot.map { ["--kubelet-root", "\(path)/\($0)"] } ?? []) + options.flags
        guard !options.hostChanges.isEmpty else { return serve }
        return namespace("\(options.hostChanges); exec \"$@\"") + serve
    }

    /// The words that run a script in a mount namespace of its own, which lets go of the mounts of other tests.
    func namespace(_ script: String) -> [String] {
        let own = [path] + [poolFilesystem?.path].compactMap { $0 }
        let others =
            "grep -o ' /tmp/loopcsi-[^ ]*' /proc/self/mountinfo | grep -v \(own.map { "-e \($0)" }.joined(separator: " "))"
            + " | xargs -r umount --lazy || true"
        return [
            "unshare", "--mount", "--propagation", "slave", "sh", "-c", "\(others); set -e; \(script)", "sh",
        ]
    }

    /// Starts a driver and waits until it answers.
    func start() throws {
        let child = try launch()
        try child.waitUntilReady()
    }

    /// Starts a driver without waiting for it.
    @discardableResult
    func launch(pools: [String]? = nil) throws -> DriverProcess {
        let child = try DriverProcess(command: try command(pools: pools), socket: socket, log: "\(path)/log")
        process.withLock { $0 = child }
        return child
    }

    /// Kills the driver and starts another one.
    func restartAfterKill(pools: [String]? = nil) throws {
        try driver.kill9()
        try launch(pools: pools).waitUntilReady()
    }

    /// Takes all mounts and devices of the test away, as a reboot does.
    func clearKernel() throws {
        try KernelLeaks.clear(below: path)
        try KernelLeaks.clear(below: poolFolder)
    }

    private func finish(_ sourceLocation: SourceLocation) throws {
        if let child = process.withLock({ $0 }), child.ended() == nil {
            #expect(try child.stop() == .exited(0), sourceLocation: sourceLocation)
        }
        let poolLeaks = try KernelLeaks.below(pool)
        #expect(poolLeaks.isEmpty, "\(poolLeaks)", sourceLocation: sourceLocation)
        if options.expectsEmptyPool, try FileStatus.at("\(pool)/pool.json") != nil {
            #expect(try files() == [], sourceLocation: sourceLocation)
        }
        #expect(try notes() == [], sourceLocation: sourceLocation)
        if options.isInFile { try PoolImage.takeDown(poolFolder) }
        let leaks = try KernelLeaks.below(path)
        #expect(leaks.isEmpty, "\(leaks)", sourceLocation: sourceLocation)
        try tearDown()
    }

    private func tearDown() throws {
        process.withLock { $0?.kill9() }
        try clearKernel()
    }

    /// What the node's own folder still notes of volumes of the pool.
    private func notes() throws -> [String] {
        let folder = "/run/loopcsi-node/staged"
        guard let text = TextFile.read("\(pool)/pool.json"), try FileStatus.at(folder) != nil else {
            return []
        }
        return try Host.names(in: folder).filter { text.contains("\"\($0.prefix { $0 != "." })\"") }
    }

    /// Everything in the pool that belongs to a volume, made or half-made, as `volumes/name`.
    func files() throws -> [String] {
        try ["volumes", "snapshots", "groups", "staging", "trash"].flatMap { part in
            try Directory.open("\(pool)/\(part)").entries().sorted().map { "\(part)/\($0)" }
        }
    }
}
