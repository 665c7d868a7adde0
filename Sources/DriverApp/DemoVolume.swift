import CSIWire
import LinuxHost

/// One volume of a demo with its folders, and a file in it that counts.
struct DemoVolume {
    private static let file = "counter"

    let target: String
    private let name: String
    private let staging: String
    private let client: VolumeClient
    private let kernel: KernelView
    private let capability = CSI.VolumeCapability.filesystem("ext4")

    init(_ name: String, _ bench: Workbench) throws {
        self.name = name
        staging = "\(bench.folder)/\(name)-staging"
        target = "\(bench.folder)/\(name)-target"
        client = bench.client
        kernel = KernelView(pool: bench.pool)
        try Directory.open(bench.folder).create("\(name)-staging", mode: 0o700)
    }

    func create(bytes: Int64, from source: CSI.VolumeContentSource? = nil) throws -> String {
        try client.create(name, capability, bytes: bytes, from: source)
    }

    func use(_ volume: String) throws {
        try client.stage(volume, capability, at: staging)
        try client.publish(volume, capability, from: staging, to: target)
    }

    func end(_ volume: String) throws {
        try client.unpublish(volume, from: target)
        try client.unstage(volume, from: staging)
        try client.delete(volume)
    }

    /// Appends a line for each number; nothing is synced, as a snapshot has to hold what was written all the same.
    func count(from first: Int, to last: Int) throws {
        let folder = try Directory.open(target)
        if try folder.status(Self.file) == nil { _ = try folder.createFile(Self.file, mode: 0o644) }
        let file = try folder.openFile(Self.file, .readWrite)
        for number in first...last {
            try file.pwrite(Array("\(number)\n".utf8), offset: file.status().sizeBytes)
        }
    }

    /// The last number in the file.
    func counter(expecting number: Int) throws -> Int {
        let text = String(
            decoding: try Directory.open(target).read(Self.file, limitBytes: 4096), as: UTF8.self)
        let lines = text.split(separator: "\n").map { Int($0) }
        guard lines == (1...number).map({ $0 }) else {
            throw Surprise("\(Self.file) of \(name) does not hold 1 to \(number)")
        }
        return number
    }

    func sentence() throws -> String {
        guard let image = try kernel.image(of: name) else { throw Surprise("there is no image of \(name)") }
        return "an image of \(Figure.bytes(image.sizeBytes))"
    }

    func expectNothing() throws {
        _ = try kernel.expectNoMount(at: target)
        _ = try kernel.expectNoMount(at: staging)
        guard try kernel.image(of: name) == nil else {
            throw Surprise("the image of \(name) is still there")
        }
    }
}
