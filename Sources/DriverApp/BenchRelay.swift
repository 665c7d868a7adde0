import CSIWire
import LinuxHost
import RPCClient
import Synchronization

/// What the way through the relay adds to a call, beside the same call on the node's own socket.
struct BenchRelay {
    static let calls = 500
    /// Fewer of those that write to the disk.
    static let lives = 100
    static let callers = 16

    /// One kind of call.
    struct Row {
        let title: String
        var direct = Durations()
        var relayed = Durations()
    }

    private(set) var rows: [Row] = []
    /// The processes, as they are idle before the first call.
    private(set) var processes: [(what: String, process: BenchProcess)] = []

    private let direct: VolumeClient
    private let relayed: VolumeClient

    init(on bench: Workbench, _ rig: BenchRelayRig) throws {
        direct = bench.client
        try Directory.open(bench.folder).create("alone", mode: 0o700)
        let alone = try ChildDriver(
            folder: "\(bench.folder)/alone", pool: "default=\(bench.folder)/alone/pool,reserve=0%")
        let relay = try rig.relay(to: 0..<1)
        relayed = VolumeClient(try relay.connect())
        processes = [
            ("role all, idle", try BenchProcess(alone.processID)),
            ("role node, idle", try BenchProcess(bench.driver.processID)),
            ("relay of 1 node, idle", try BenchProcess(relay.processID)),
        ]
        try alone.stop()
        try measureReads()
        try measureLives()
        try measureCrowd([bench.driver.socket, relay.socket])
        processes += [
            ("role node, after these calls", try BenchProcess(bench.driver.processID)),
            ("relay, after these calls", try BenchProcess(relay.processID)),
        ]
        try relay.stop()
    }

    private mutating func measureReads() throws {
        let use = CSI.VolumeCapability.filesystem("ext4")
        let volume = try direct.create("relay", use, bytes: 16 << 20, parameters: ["provisioning": "thin"])
        let look = CSI.ControllerGetVolumeRequest(volumeID: volume)
        let place = try direct.call(look).volume?.accessibleTopology.first
        try measure("ControllerGetVolume", Self.calls) { _ = try $0.call(look) }
        try measure("ValidateVolumeCapabilities", Self.calls) { client in
            _ = try client.call(
                CSI.ValidateVolumeCapabilitiesRequest(volumeID: volume, volumeCapabilities: [use]))
        }
        try measure("GetCapacity of a segment", Self.calls) { client in
            _ = try client.call(CSI.GetCapacityRequest(accessibleTopology: place))
        }
        try direct.delete(volume)
    }

    private mutating func measureLives() throws {
        let use = CSI.VolumeCapability.filesystem("ext4")
        try measure("CreateVolume and DeleteVolume", Self.lives) { client in
            try client.delete(
                try client.create("life", use, bytes: 16 << 20, parameters: ["provisioning": "thin"]))
        }
    }

    /// Calls the two in turn, so that whatever else the machine does meets both alike.
    private mutating func measure(_ title: String, _ count: Int, _ call: (VolumeClient) throws -> Void) throws
    {
        var row = Row(title: title)
        for _ in 0..<20 {
            try call(direct)
            try call(relayed)
        }
        for _ in 0..<count {
            try Interrupt.check()
            row.direct.add(try Self.time { try call(direct) })
            row.relayed.add(try Self.time { try call(relayed) })
        }
        rows.append(row)
    }

    /// Many callers at once, with all of them on one way for a while and then on the other.
    private mutating func measureCrowd(_ sockets: [String]) throws {
        let use = CSI.VolumeCapability.filesystem("ext4")
        let volume = try direct.create("relay", use, bytes: 16 << 20, parameters: ["provisioning": "thin"])
        var row = Row(title: "\(Self.callers) x ControllerGetVolume at once")
        for _ in 0..<10 {
            try Interrupt.check()
            for duration in try BenchCallers(sockets[0], volume).measured() { row.direct.add(duration) }
            for duration in try BenchCallers(sockets[1], volume).measured() { row.relayed.add(duration) }
        }
        rows.append(row)
        try direct.delete(volume)
    }

    private static func time(_ body: () throws -> Void) rethrows -> Int64 {
        let begin = Clock.monotonicNanoseconds
        try body()
        return Clock.monotonicNanoseconds - begin
    }
}

/// Callers that ask for the same thing at the same time, each over a connection of its own.
private final class BenchCallers: Sendable {
    private static let callsEach = 50

    private let socket: String
    private let volume: String
    private let state = Mutex((durations: [Int64](), failure: String?.none))

    init(_ socket: String, _ volume: String) {
        self.socket = socket
        self.volume = volume
    }

    func measured() throws -> [Int64] {
        var left = BenchRelay.callers
        try start(&left)
        let (durations, failure) = state.withLock { $0 }
        if let failure { throw Surprise(failure) }
        return durations
    }

    /// Starts so many threads, one from within the other, so that each is joined.
    private func start(_ left: inout Int) throws {
        guard left > 0 else { return }
        left -= 1
        let thread = try OwnThread.start(name: "caller") { self.run() }
        try start(&left)
        try thread.join()
    }

    private func run() {
        do {
            let client = VolumeClient(try RPCConnection(socket: socket))
            let request = CSI.ControllerGetVolumeRequest(volumeID: volume)
            _ = try client.call(request)
            var durations: [Int64] = []
            for _ in 0..<Self.callsEach {
                let begin = Clock.monotonicNanoseconds
                _ = try client.call(request)
                durations.append(Clock.monotonicNanoseconds - begin)
            }
            state.withLock { [durations] in $0.durations += durations }
        } catch {
            state.withLock { $0.failure = "\(error)" }
        }
    }
}
