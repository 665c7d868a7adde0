import CSIWire
import LinuxHost

/// Two volumes that one program writes to in turn, cut at one moment and restored together.
struct DemoGroup {
    private static let bytes: Int64 = 1 << 30

    private let client: VolumeClient
    private let steps: DemoSteps
    private let kernel: KernelView
    private let sources: [DemoVolume]
    private let copies: [DemoVolume]

    init(_ bench: Workbench, _ steps: DemoSteps) throws {
        client = bench.client
        self.steps = steps
        kernel = KernelView(pool: bench.pool)
        sources = try ["demo-orders", "demo-payments"].map { try DemoVolume($0, bench) }
        copies = try ["demo-orders-again", "demo-payments-again"].map { try DemoVolume($0, bench) }
    }

    func run() throws {
        let volumes = try steps.step("create and use two") {
            try sources.map { try start($0, from: nil) }
        } shows: { _ in
            try sources.map { try kernel.sentence(mountAt: $0.target) }.joined(separator: " and ")
        }
        try count(from: 1, to: 50)
        let (group, members) = try steps.step("snapshot of both at one moment") {
            try client.groupSnapshot(of: volumes, named: "demo-group")
        } shows: { _, members in
            "a group of \(members.count) snapshots"
        }
        try count(from: 51, to: 60)
        let restored = try steps.step("restore and use both") {
            try zip(copies, members).map { try start($0, from: .snapshot(id: $1)) }
        } shows: { _ in
            "the restored ones say \(try said(by: copies, 50)), the sources \(try said(by: sources, 60))"
        }
        try steps.step("delete the group and end all four") {
            try client.deleteGroup(group)
            for (place, volume) in zip(sources + copies, volumes + restored) { try place.end(volume) }
        } shows: {
            for place in sources + copies { try place.expectNothing() }
            return "no mounts, no loop devices, no images"
        }
    }

    private func start(_ place: DemoVolume, from source: CSI.VolumeContentSource?) throws -> String {
        let volume = try place.create(bytes: Self.bytes, from: source)
        try place.use(volume)
        return volume
    }

    private func count(from first: Int, to last: Int) throws {
        try steps.step(first == 1 ? "count to \(last) in both in turn" : "count on to \(last) in both") {
            for number in first...last { for place in sources { try place.count(from: number, to: number) } }
        } shows: {
            "the last lines are \(try said(by: sources, last))"
        }
    }

    private func said(by places: [DemoVolume], _ number: Int) throws -> String {
        try places.map { "\(try $0.counter(expecting: number))" }.joined(separator: " and ")
    }
}
