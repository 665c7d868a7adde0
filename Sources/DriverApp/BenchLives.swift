import CSIWire
import LinuxHost
import Volumes

/// Lives of volumes with one file system, over the socket and by bare system calls in turn, so that whatever else the
/// machine does meets both alike.
struct BenchLives {
    /// The size of each volume.
    static let bytes: Int64 = 1 << 30

    let kind: FilesystemKind
    private(set) var driver = LifeDurations()
    private(set) var floor = LifeDurations()

    /// Measures; nothing if the node lacks the tools of the file system.
    init?(_ kind: FilesystemKind, lives: Int, on bench: Workbench) throws {
        guard let mkfs = Tool.find("mkfs.\(kind.rawValue)") else { return nil }
        self.kind = kind
        let bare = try BenchFloor(kind, mkfs: mkfs, bytes: Self.bytes, in: bench.folder)
        try Directory.open(bench.folder).create("staging-\(kind.rawValue)", mode: 0o700)
        // The first life of each warms what is cold, such as the programs' pages, and counts for nothing.
        var warmUp = LifeDurations()
        try live(on: bench, into: &warmUp)
        try bare.live(into: &warmUp)
        for _ in 0..<lives {
            try Interrupt.check()
            try live(on: bench, into: &driver)
            try Self.settle(bench)
            try bare.live(into: &floor)
        }
    }

    /// Waits until the driver has given the blocks of the deleted volume back, which is work of its own thread.
    private static func settle(_ bench: Workbench) throws {
        let trash = try Directory.open("\(bench.pool)/trash")
        while try !trash.entries().isEmpty { try Interrupt.pause(seconds: 0.001) }
    }

    private func live(on bench: Workbench, into durations: inout LifeDurations) throws {
        let use = CSI.VolumeCapability.filesystem(kind.rawValue)
        let staging = "\(bench.folder)/staging-\(kind.rawValue)"
        let target = "\(bench.folder)/target-\(kind.rawValue)"
        let client = bench.client
        var volume = ""
        try durations.live { step in
            switch step {
            case .create: volume = try client.create("bench", use, bytes: Self.bytes)
            case .stage: try client.stage(volume, use, at: staging)
            case .publish: try client.publish(volume, use, from: staging, to: target)
            case .unpublish: try client.unpublish(volume, from: target)
            case .unstage: try client.unstage(volume, from: staging)
            case .delete: try client.delete(volume)
            }
        }
    }
}

/// What creating one more volume takes while the pool holds few and while it holds many.
struct BenchCrowd {
    static let few = 10
    static let many = 1000

    private(set) var withFew = Durations()
    private(set) var withMany = Durations()

    init(creations: Int, on bench: Workbench) throws {
        var others: [String] = []
        try Self.fill(&others, to: Self.few, on: bench)
        try Self.create(creations, on: bench, into: &withFew)
        try Self.fill(&others, to: Self.many, on: bench)
        try Self.create(creations, on: bench, into: &withMany)
        for volume in others {
            try Interrupt.check()
            try bench.client.delete(volume)
        }
    }

    private static func fill(_ others: inout [String], to count: Int, on bench: Workbench) throws {
        while others.count < count {
            try Interrupt.check()
            others.append(
                try bench.client.create(
                    "other-\(others.count)", .rawDevice, bytes: 4 << 20, parameters: ["provisioning": "thin"])
            )
        }
    }

    private static func create(_ count: Int, on bench: Workbench, into durations: inout Durations) throws {
        for _ in 0..<count {
            try Interrupt.check()
            let begin = Clock.monotonicNanoseconds
            let volume = try bench.client.create("bench", .filesystem("ext4"), bytes: BenchLives.bytes)
            durations.add(Clock.monotonicNanoseconds - begin)
            try bench.client.delete(volume)
        }
    }
}
