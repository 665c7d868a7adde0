import CSIWire
import LinuxHost
import Synchronization
import TestSupport
import Testing

/// A driver with two pools, each on a file system of its own; faults befall the first.
final class MatrixRig: Sendable {
    /// What names of this run begin with, so that no other run's are taken for them.
    let mark = RandomBytes.hex(byteCount: 4)
    let path: String
    let a: MatrixPool
    let b: MatrixPool
    /// What the disk of the first pool lies on, where a fault takes that away.
    let base: MatrixDisk?
    /// A disk of somebody else.
    let foreign: MatrixDisk?
    private let folder: TemporaryFolder
    private let process = Mutex<DriverProcess?>(nil)

    init(_ filesystem: TestPool.Filesystem, withBase: Bool, withForeign: Bool) throws {
        folder = try TemporaryFolder()
        let root = folder.path
        path = root
        func disk(_ filesystem: TestPool.Filesystem, _ name: String, in place: String, bytes: Int64 = 1 << 30)
            throws -> MatrixDisk
        {
            try MatrixDisk(
                filesystem, image: "\(place)/\(name).img", mountPoint: "\(root)/\(name)", bytes: bytes)
        }
        base = withBase ? try disk(.xfs, "base", in: root, bytes: 3 << 30) : nil
        foreign = withForeign ? try disk(.xfs, "foreign", in: root) : nil
        a = MatrixPool(name: "alpha", disk: try disk(filesystem, "alpha", in: base?.path ?? root))
        b = MatrixPool(name: "beta", disk: try disk(.ext4, "beta", in: root))
    }

    /// All of the run's own, in the order in which they can be taken away.
    private var disks: [MatrixDisk] { [a.disk, b.disk, base, foreign].compactMap { $0 } }

    var socket: String { "\(path)/csi.sock" }
    var client: DriverClient { DriverClient(socket: socket) }
    var logPath: String { "\(path)/log" }
    var log: String { TextFile.read(logPath, limitBytes: 1 << 26) ?? "" }

    var driver: DriverProcess {
        get throws { try #require(process.withLock { $0 }, "no driver was started") }
    }

    var isUp: Bool { process.withLock { $0?.ended() == nil && $0 != nil } }

    func command(pools: [MatrixPool]) throws -> [String] {
        [try DriverProcess.program(), "serve", "--node-id", "node-1", "--endpoint", "unix://\(socket)"]
            + ["--state-dir", "\(path)/state"] + pools.flatMap { ["--pool", $0.words] } + Operator.flags
    }

    /// Starts the driver and waits until it answers.
    func start(pools: [MatrixPool]? = nil) throws {
        let child = try DriverProcess(
            command: try command(pools: pools ?? [a, b]), socket: socket, log: logPath)
        process.withLock { $0 = child }
        try child.waitUntilReady()
    }

    func kill9() { process.withLock { $0?.kill9() } }

    /// What a page for operators says.
    func page(_ path: String) throws -> HTTPClient.Answer {
        let mark = "endpoint=127.0.0.1:"
        let line = log.split(separator: "\n").last { $0.contains(mark) }
        let port = line?.firstRange(of: mark).flatMap { range in
            UInt16(line?[range.upperBound...].prefix { $0.isNumber } ?? "")
        }
        return try HTTPClient.get(path, port: try #require(port))
    }

    private func isOfVolume(_ device: LoopFiles.Attached) -> Bool {
        device.file.contains("/\(mark)-") || device.file.contains("/csi-\(mark)")
    }

    /// Mounts and devices of this run besides the disks of the pools.
    func leftInKernel() throws -> [String] {
        let own = disks.map(\.path)
        let mounts = try MountTable.read().mounts.map(\.target)
            .filter { $0.hasPrefix(path + "/") && !own.contains($0) }
        let devices = try LoopFiles.attached().filter(isOfVolume)
        return mounts + devices.map { "\($0.path) (\($0.file))" }
    }

    /// Takes away by force what volumes have in the kernel.
    func clearVolumes() throws {
        let own = disks.map(\.path)
        for mount in try MountTable.read().mounts.reversed()
        where mount.target.hasPrefix(path + "/") && !own.contains(mount.target) {
            try Host.run(
                "sh", "-c", "fsfreeze --unfreeze \"$1\" 2>/dev/null; umount \"$1\" || umount --lazy \"$1\"",
                "sh", mount.target)
        }
        for device in try LoopFiles.attached() where isOfVolume(device) {
            try LoopFiles.thaw(device, in: path)
            try Host.run("sh", "-c", "losetup --detach \(device.path) || true")
        }
    }

    /// Ends everything, however the run ended: what is frozen goes on first, or nothing else would.
    func tearDown() throws {
        for disk in disks { try disk.thaw() }
        kill9()
        try clearVolumes()
        for disk in disks { try disk.takeDown() }
    }
}
