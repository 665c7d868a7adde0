import CSIWire
import LinuxHost

/// What snapshots, restores and clones of a large mounted volume take, and how long its writer waits meanwhile.
struct BenchCopies {
    /// The size of the volume and what of it is data.
    static let bytes: Int64 = 10 << 30
    static let dataBytes: Int64 = 5 << 30

    /// One kind of copy beside one kind of writer.
    struct Row {
        let title: String
        var calls = Durations()
        var waits = Durations()
    }

    /// What the pool is on.
    let pool: String
    private(set) var rows: [Row] = []
    /// Extents of the volume's image before and after all of it.
    private(set) var extents: (before: Int64, after: Int64) = (0, 0)

    private let bench: Workbench
    private let use = CSI.VolumeCapability.filesystem("ext4")
    private let volume: String
    private let mount: String

    /// `sharesBlocks` tells that a floor of bare calls is possible.
    init(_ pool: String, sharesBlocks: Bool, rounds: Int, on bench: Workbench) throws {
        self.pool = pool
        self.bench = bench
        let staging = "\(bench.folder)/copies-staging"
        mount = "\(bench.folder)/copies"
        try Directory.open(bench.folder).create("copies-staging", mode: 0o700)
        volume = try bench.client.create("copies", use, bytes: Self.bytes)
        try bench.client.stage(volume, use, at: staging)
        try bench.client.publish(volume, use, from: staging, to: mount)
        try fill()
        extents.before = try countExtents()
        for load in BenchWriter.Load.allCases {
            try measure(load, rounds: rounds)
            if sharesBlocks { try measureFloor(load, rounds: rounds) }
        }
        extents.after = try countExtents()
        try bench.client.unpublish(volume, from: mount)
        try bench.client.unstage(volume, from: staging)
        try bench.client.delete(volume)
    }

    private func fill() throws {
        let folder = try Directory.open(mount)
        let data = try folder.createFile("data", mode: 0o600)
        let block = AlignedBlock(bytes: 4 << 20, filledWith: 0xC3)
        var offset: Int64 = 0
        while offset < Self.dataBytes {
            try Interrupt.check()
            try block.write(to: data, offset: offset)
            offset += 4 << 20
        }
        try data.sync()
        try folder.createFile("ticks", mode: 0o600).pwrite([UInt8](repeating: 0, count: 4096), offset: 0)
    }

    private mutating func measure(_ load: BenchWriter.Load, rounds: Int) throws {
        var cut = Row(title: "snapshot, \(load.rawValue)")
        var restore = Row(title: "restore")
        var clone = Row(title: "clone, \(load.rawValue)")
        try BenchWriter.beside(load, to: file(load), bytes: Self.dataBytes) { writer in
            for _ in 0..<rounds {
                var snapshot = ""
                try cut.add(writer) { snapshot = try bench.client.snapshot(of: volume, named: "copies-cut") }
                if load == .quiet {
                    let restored = try restore.add { try copy("copies-restored", .snapshot(id: snapshot)) }
                    try bench.client.delete(restored)
                }
                try bench.client.deleteSnapshot(snapshot)
                var cloned = ""
                try clone.add(writer) { cloned = try copy("copies-cloned", .volume(id: volume)) }
                try bench.client.delete(cloned)
            }
        }
        rows += load == .quiet ? [cut, restore, clone] : [cut, clone]
    }

    /// The three calls of the kernel without which no snapshot of a mounted volume is whole, and nothing else.
    private mutating func measureFloor(_ load: BenchWriter.Load, rounds: Int) throws {
        var floor = Row(title: "freeze, FICLONE, thaw alone")
        let top = try Directory.open(mount)
        let image = try OwnedDescriptor.open("\(bench.pool)/volumes/copies/image", .readOnly)
        let pool = try Directory.open(bench.pool)
        try BenchWriter.beside(load, to: file(load), bytes: Self.dataBytes) { writer in
            for _ in 0..<rounds {
                let copy = try pool.createFile("floor", mode: 0o600)
                try floor.add(writer) {
                    try top.descriptor.freezeFilesystem()
                    let cloned = Result { try copy.clone(from: image) }
                    try top.descriptor.thawFilesystem()
                    try cloned.get()
                }
                try pool.removeFile("floor")
            }
        }
        rows.append(floor)
    }

    private func file(_ load: BenchWriter.Load) -> String { "\(mount)/\(load == .quiet ? "ticks" : "data")" }

    private func copy(_ name: String, _ source: CSI.VolumeContentSource) throws -> String {
        try bench.client.create(name, use, bytes: Self.bytes, from: source)
    }

    private func countExtents() throws -> Int64 {
        let image = "\(bench.pool)/volumes/copies/image"
        return try OwnedDescriptor.open(image, .readOnly).extentCount() ?? 0
    }
}

extension BenchCopies.Row {
    fileprivate mutating func add(_ writer: BenchWriter, _ body: () throws -> Void) throws {
        try Interrupt.check()
        waits.add(try writer.longestWait { _ = try add(body) })
    }

    fileprivate mutating func add<Result>(_ body: () throws -> Result) throws -> Result {
        let begin = Clock.monotonicNanoseconds
        let result = try body()
        calls.add(Clock.monotonicNanoseconds - begin)
        return result
    }
}

/// Why images get extent size hints: FICLONE of a sparse file that was filled page by page in random order, with and
/// without them.
///
/// By bare system calls on the pool's own file system, so that nothing but the hints differs.
struct BenchHints {
    static let fileBytes: Int64 = 512 << 20
    private static let page: Int64 = 4096

    /// One file.
    struct Row {
        let hasHints: Bool
        let extents: Int64
        var clones = Durations()
        var waits = Durations()
    }

    private(set) var rows: [Row] = []

    init(rounds: Int, on bench: Workbench) throws {
        let folder = try Directory.open(bench.pool).create("bench", mode: 0o700)
        for hasHints in [false, true] { rows.append(try Self.measure(hasHints, rounds, folder)) }
        try Directory.open(bench.pool).removeTree("bench")
    }

    private static func measure(_ hasHints: Bool, _ rounds: Int, _ folder: borrowing Directory) throws -> Row
    {
        let name = hasHints ? "hints" : "plain"
        let file = try folder.createFile(name, mode: 0o600)
        if hasHints { _ = try file.setExtentSizeHints(bytes: 1 << 20) }
        try file.truncate(to: fileBytes)
        let path = file.pathForMessages
        try scatter(path)
        var row = Row(hasHints: hasHints, extents: try file.extentCount() ?? 0)
        try BenchWriter.beside(.random, to: path, bytes: fileBytes) { writer in
            for round in 0..<rounds {
                try Interrupt.check()
                let copy = try folder.createFile("\(name)-\(round)", mode: 0o600)
                let wait = try writer.longestWait {
                    let begin = Clock.monotonicNanoseconds
                    try copy.clone(from: file)
                    row.clones.add(Clock.monotonicNanoseconds - begin)
                }
                row.waits.add(wait)
                try folder.removeFile("\(name)-\(round)")
            }
        }
        return row
    }

    private static func scatter(_ path: String) throws {
        let file = try OwnedDescriptor.open(path, .readWriteDirect)
        let block = AlignedBlock(bytes: Int(page), filledWith: 0xA5)
        for (count, number) in (0..<fileBytes / page).shuffled().enumerated() {
            if count % 1000 == 0 { try Interrupt.check() }
            try block.write(to: file, offset: number * page)
        }
    }
}
