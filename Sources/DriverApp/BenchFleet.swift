import CSIWire
import LinuxHost

/// A relay with very many nodes, which are simulated by one process.
struct BenchFleet {
    static let nodes = 1000
    private static let idleSeconds = 30.0

    /// What a look at the name of all nodes takes.
    private(set) var look: Int64 = 0
    /// From the start of the program until it knows all nodes, and what the processors did for that.
    private(set) var start: Int64 = 0
    private(set) var startWork: Int64 = 0
    private(set) var process: BenchProcess
    /// The same after some idle time, and what the processors did meanwhile.
    private(set) var idleProcess: BenchProcess
    private(set) var idleWork: Int64 = 0
    /// All volumes, in the longest pages and in short ones.
    private(set) var lists: [(title: String, durations: Durations)] = []
    /// A call to one node.
    private(set) var routed = Durations()
    private(set) var processAfter: BenchProcess

    init(_ rig: BenchRelayRig) throws {
        // Node 0 is the real one.
        let range = 1..<Self.nodes + 1
        let nodes = try BenchNodes(range, rig)
        look = nodes.look
        let begin = Clock.monotonicNanoseconds
        let relay = try rig.relay(to: range)
        start = Clock.monotonicNanoseconds - begin
        startWork = try BenchProcess.workNanoseconds(of: relay.processID)
        process = try BenchProcess(relay.processID)
        try Interrupt.pause(seconds: Self.idleSeconds)
        idleWork = try BenchProcess.workNanoseconds(of: relay.processID) - startWork
        idleProcess = try BenchProcess(relay.processID)
        let client = VolumeClient(try relay.connect())
        lists = [
            ("ListVolumes of all, first", try Self.lists(client, 1, page: 0)),
            ("ListVolumes of all", try Self.lists(client, 9, page: 0)),
            ("ListVolumes of all, pages of 100", try Self.lists(client, 3, page: 100)),
        ]
        for number in 0..<BenchRelay.calls {
            try Interrupt.check()
            let volume = "\(BenchNodesCommand.pool(number * 7 % Self.nodes + 1)).pvc-3"
            let begin = Clock.monotonicNanoseconds
            _ = try client.call(CSI.ControllerGetVolumeRequest(volumeID: volume))
            routed.add(Clock.monotonicNanoseconds - begin)
        }
        processAfter = try BenchProcess(relay.processID)
        try relay.stop()
        try nodes.stop()
    }

    /// What the processors do for it in an idle minute.
    var workPerMinute: Int64 { idleWork * Int64(60 / Self.idleSeconds) }

    private static func lists(_ client: VolumeClient, _ count: Int, page: Int32) throws -> Durations {
        var durations = Durations()
        for _ in 0..<count {
            let begin = Clock.monotonicNanoseconds
            try listAll(client, page)
            durations.add(Clock.monotonicNanoseconds - begin)
        }
        return durations
    }

    private static func listAll(_ client: VolumeClient, _ page: Int32) throws {
        var token = ""
        var count = 0
        repeat {
            try Interrupt.check()
            let reply = try client.call(CSI.ListVolumesRequest(maxEntries: page, startingToken: token))
            count += reply.entries.count
            token = reply.nextToken
        } while !token.isEmpty
        guard count == nodes * BenchNodesCommand.volumesEach else {
            throw Surprise("a list of \(count) volumes")
        }
    }
}
