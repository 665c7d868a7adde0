import LinuxHost
import Pool
import Volumes

/// The life of a volume as the bare system calls: in one process, without gRPC, records, checks or locks.
///
/// What is synced when, how mkfs is called and how the device is attached is as in the driver.
struct BenchFloor {
    private static let sectorBytes: UInt32 = 4096

    private let kind: FilesystemKind
    private let mkfs: Tool
    private let bytes: Int64
    private let name = "floor"
    private let folder: String
    private var volumes: String { "\(folder)/volumes" }
    private var staging: String { "\(folder)/staging" }
    private var target: String { "\(folder)/target" }

    init(_ kind: FilesystemKind, mkfs: Tool, bytes: Int64, in parent: String) throws {
        self.kind = kind
        self.mkfs = mkfs
        self.bytes = bytes
        let name = "floor-\(kind.rawValue)"
        let made = try Directory.open(parent).create(name, mode: 0o700)
        for part in ["volumes", "building", "staging"] { try made.create(part, mode: 0o700) }
        folder = "\(parent)/\(name)"
    }

    /// One life.
    func live(into durations: inout LifeDurations) throws {
        var device: LoopDevice?
        try durations.live { step in
            switch step {
            case .create: try create()
            case .stage: device = try stage()
            case .publish: try publish()
            case .unpublish: try unpublish()
            case .unstage: try unstage(device)
            case .delete: try delete()
            }
        }
    }

    private func create() throws {
        let building = try Directory.open("\(folder)/building")
        let made = try building.create(name, mode: 0o700)
        let image = try made.createFile("image", mode: 0o600)
        try image.allocate(bytes: bytes)
        let arguments = Mkfs.arguments(kind, sectorBytes: Self.sectorBytes, bytes: bytes)
        try mkfs.run(
            arguments + ["\(folder)/building/\(name)/image"], expecting: [0], deadlineSeconds: 100)
        try image.sync()
        try made.sync()
        let place = try Directory.open(volumes)
        try building.renameNoReplace(name, to: place, as: name)
        try place.sync()
    }

    private func stage() throws -> LoopDevice {
        let image = try Directory.open(volumes).open(name).openFile("image", .readWrite)
        let device = try LoopDevices.attach(
            image, name: name,
            options: .init(
                readOnly: false, directIO: true, blockSizeBytes: Self.sectorBytes, allowDiscard: false))
        let place = try Directory.open(folder).openPlace("staging")
        try Mounting.mountFilesystem(
            device: device, type: kind.rawValue, at: place, options: try MountOptions(flags: []))
        return device
    }

    private func publish() throws {
        let parent = try Directory.open(folder)
        try parent.create("target", mode: 0o750)
        let source = try parent.openPlace("staging")
        let place = try parent.openPlace("target")
        try Mounting.bind(from: source, onto: place, options: MountOptions(flags: []))
    }

    private func unpublish() throws {
        try Mounting.unmount(target)
        try Directory.open(folder).removeDirectory("target")
    }

    private func unstage(_ device: LoopDevice?) throws {
        try Mounting.unmount(staging)
        try device?.detach()
    }

    /// Without a sync, which puts the floor lower than any driver that promises a deletion can get.
    private func delete() throws {
        try Directory.open(volumes).removeTree(name)
    }
}
