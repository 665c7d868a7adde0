import CSIWire
import LinuxHost

/// What the questions of the sidecars take while the pool holds very many objects.
struct BenchLists {
    static let count = 10_000
    private static let asked = 50

    private(set) var rows: [(title: String, durations: Durations)] = []
    private(set) var process: BenchProcess
    /// From the start of the program to the first answer.
    private(set) var start: Int64 = 0

    init(on bench: Workbench) throws {
        let client = bench.client
        var volumes: [String] = []
        var snapshots: [String] = []
        for number in 0..<Self.count {
            try Interrupt.check()
            volumes.append(
                try client.create(
                    "many-\(number)", .rawDevice, bytes: 1 << 20, parameters: ["provisioning": "thin"]))
            snapshots.append(try client.snapshot(of: volumes[number], named: "many-\(number)"))
        }
        process = try BenchProcess(bench.driver.processID)
        let (volume, snapshot) = (volumes[Self.count / 2], snapshots[Self.count / 2])
        start = try Self.startAnother(on: bench)
        try ask("GetCapacity", client, CSI.GetCapacityRequest())
        try ask("ListSnapshots, a page of 100", client, CSI.ListSnapshotsRequest(maxEntries: 100))
        try ask("ListSnapshots, of one volume", client, CSI.ListSnapshotsRequest(sourceVolumeID: volume))
        try ask("ListSnapshots, one by its id", client, CSI.ListSnapshotsRequest(snapshotID: snapshot))
        try ask("ListVolumes, a page of 100", client, CSI.ListVolumesRequest(maxEntries: 100))
        for snapshot in snapshots { try client.deleteSnapshot(snapshot) }
        for volume in volumes { try client.delete(volume) }
    }

    /// A second driver on the same pool, which does the very same at its start.
    private static func startAnother(on bench: Workbench) throws -> Int64 {
        try Directory.open(bench.folder).create("another", mode: 0o700)
        let begin = Clock.monotonicNanoseconds
        let another = try ChildDriver(folder: "\(bench.folder)/another", pool: bench.poolOption)
        let duration = Clock.monotonicNanoseconds - begin
        try another.stop()
        return duration
    }

    private mutating func ask(_ title: String, _ client: VolumeClient, _ request: some CSIRequest) throws {
        var durations = Durations()
        for _ in 0..<Self.asked {
            try Interrupt.check()
            let begin = Clock.monotonicNanoseconds
            _ = try client.call(request)
            durations.add(Clock.monotonicNanoseconds - begin)
        }
        rows.append((title, durations))
    }
}
