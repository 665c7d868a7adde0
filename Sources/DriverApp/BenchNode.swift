import CSIWire
import LinuxHost
import RPCClient
import Synchronization

/// What a node with many volumes in use costs the driver, and how it takes many pods that start at once.
struct BenchNode {
    static let mounted = [0, 100, 500]
    static let atOnce = 100

    /// The driver's process with that many volumes mounted.
    private(set) var moments: [(when: String, process: BenchProcess)] = []
    /// From the first call to the last answer of all that came at once.
    private(set) var wallNanoseconds: Int64 = 0
    /// How many of them failed, whatever the reason.
    private(set) var failures = 0

    init(on bench: Workbench) throws {
        var volumes: [BenchVolume] = []
        for count in Self.mounted {
            while volumes.count < count {
                try Interrupt.check()
                var volume = try BenchVolume(number: volumes.count, in: bench.folder)
                try volume.begin(with: bench.client)
                volumes.append(volume)
            }
            moments.append(("\(count) volumes mounted", try BenchProcess(bench.driver.processID)))
        }
        for volume in volumes.reversed() {
            try Interrupt.check()
            try volume.end(with: bench.client)
        }
        try measureAtOnce(bench)
    }

    private mutating func measureAtOnce(_ bench: Workbench) throws {
        let volumes = try (0..<Self.atOnce).map { try BenchVolume(number: 1000 + $0, in: bench.folder) }
        let pods = BenchPods(socket: bench.driver.socket)
        let begin = Clock.monotonicNanoseconds
        for volume in volumes {
            // A thread for each, which ends by itself.
            _ = try OwnThread.start(name: "pod") { pods.start(volume) }
        }
        while pods.outcome.ended < Self.atOnce { try Interrupt.pause(seconds: 0.001) }
        wallNanoseconds = Clock.monotonicNanoseconds - begin
        let started = pods.outcome.started
        failures = Self.atOnce - started.count
        for volume in started { try volume.end(with: bench.client) }
    }
}

/// Pods that begin to use a volume each, over connections of their own.
private final class BenchPods: Sendable {
    struct Outcome {
        var started: [BenchVolume] = []
        var ended = 0
    }

    private let socket: String
    private let state = Mutex(Outcome())

    var outcome: Outcome { state.withLock { $0 } }

    init(socket: String) { self.socket = socket }

    func start(_ volume: BenchVolume) {
        var volume = volume
        let isStarted: Bool
        do {
            try volume.begin(with: VolumeClient(try RPCConnection(socket: socket)))
            isStarted = true
        } catch {
            Command.complain("bench: \(error)")
            isStarted = false
        }
        state.withLock { [volume] outcome in
            if isStarted { outcome.started.append(volume) }
            outcome.ended += 1
        }
    }
}

/// A small thin ext4 with its places.
private struct BenchVolume {
    private static let bytes: Int64 = 16 << 20
    private static let use = CSI.VolumeCapability.filesystem("ext4")

    private let name: String
    private let staging: String
    private let target: String
    private var volume = ""

    init(number: Int, in folder: String) throws {
        name = "node-\(number)"
        staging = "\(folder)/\(name)-staging"
        target = "\(folder)/\(name)-target"
        try Directory.open(folder).create("\(name)-staging", mode: 0o700)
    }

    mutating func begin(with client: VolumeClient) throws {
        volume = try client.create(
            name, Self.use, bytes: Self.bytes, parameters: ["provisioning": "thin"])
        try client.stage(volume, Self.use, at: staging)
        try client.publish(volume, Self.use, from: staging, to: target)
    }

    func end(with client: VolumeClient) throws {
        try client.unpublish(volume, from: target)
        try client.unstage(volume, from: staging)
        try client.delete(volume)
    }
}
