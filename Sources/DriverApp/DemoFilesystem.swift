import CSIWire
import LinuxHost

/// The life of an ext4 volume: created, used, grown while mounted, staged again, deleted.
struct DemoFilesystem {
    private static let firstBytes: Int64 = 1 << 30
    private static let grownBytes: Int64 = 2 << 30

    private let name = "demo-ext4"
    private let file = "hello.txt"
    private let content = Array("Written through the mount, kept by the volume.\n".utf8)
    private let client: VolumeClient
    private let steps: DemoSteps
    private let kernel: KernelView
    private let staging: String
    private let target: String
    private let use = CSI.VolumeCapability.filesystem("ext4")

    init(_ bench: Workbench, _ steps: DemoSteps) throws {
        client = bench.client
        self.steps = steps
        kernel = KernelView(pool: bench.pool)
        staging = "\(bench.folder)/staging"
        target = "\(bench.folder)/target"
        // As with kubelet, the caller makes the staging folder and the driver the target.
        try Directory.open(bench.folder).create("staging", mode: 0o700)
    }

    func run() throws {
        let volume = try steps.step("create ext4, 1 GiB") {
            try client.create(name, use, bytes: Self.firstBytes)
        } shows: { _ in
            guard let image = try kernel.image(of: name) else { throw Surprise("there is no image") }
            return
                "an image of \(Figure.bytes(image.sizeBytes)), \(Figure.bytes(image.allocatedBytes)) of it allocated"
        }
        try mount(volume)
        try write()
        try statistics(volume)
        try grow(volume)
        try unmount(volume)
        try mount(volume)
        _ = try steps.step("the file is still there") {
            try read()
        } shows: { _ in
            "\(file) in a file system of \(Figure.bytes(try grownSize()))"
        }
        try unmount(volume)
        try steps.step("delete") {
            try client.delete(volume)
        } shows: {
            guard try kernel.image(of: name) == nil else { throw Surprise("the image is still there") }
            return "no image"
        }
    }

    private func mount(_ volume: String) throws {
        try steps.step("stage") {
            try client.stage(volume, use, at: staging)
        } shows: {
            try kernel.sentence(deviceOf: name)
        }
        try steps.step("publish") {
            try client.publish(volume, use, from: staging, to: target)
        } shows: {
            "\(try kernel.sentence(mountAt: target)) at the target"
        }
    }

    private func unmount(_ volume: String) throws {
        try steps.step("unpublish") {
            try client.unpublish(volume, from: target)
        } shows: {
            "\(try kernel.expectNoMount(at: target)) at the target"
        }
        try steps.step("unstage") {
            try client.unstage(volume, from: staging)
        } shows: {
            "\(try kernel.expectNoMount(at: staging)), \(try kernel.expectNoDevice(of: name))"
        }
    }

    private func write() throws {
        try steps.step("write a file and sync it") {
            let opened = try Directory.open(target).createFile(file, mode: 0o644)
            try opened.pwrite(content, offset: 0)
            try opened.sync()
        } shows: {
            "\(file), \(content.count) bytes"
        }
        _ = try steps.step("read it back", read) { _ in "the same bytes" }
    }

    private func read() throws {
        let found = try Directory.open(target).read(file, limitBytes: 4096)
        guard found == content else { throw Surprise("\(file) holds other bytes than were written") }
    }

    private func statistics(_ volume: String) throws {
        _ = try steps.step("statistics") {
            try client.call(CSI.NodeGetVolumeStatsRequest(volumeID: volume, volumePath: target))
        } shows: { reply in
            guard let usage = reply.usage.first(where: { $0.unit == .bytes }) else {
                throw Surprise("the reply has no bytes")
            }
            guard usage.total == (try kernel.size(at: target)) else {
                throw Surprise("the reply has \(usage.total) bytes in total, and df another number")
            }
            return "\(Figure.bytes(usage.used)) used of \(Figure.bytes(usage.total)), as df has it"
        }
    }

    private func grow(_ volume: String) throws {
        let before = try kernel.size(at: target)
        _ = try steps.step("grow the volume to 2 GiB") {
            try client.call(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: volume, capacityRange: CSI.CapacityRange(requiredBytes: Self.grownBytes)))
        } shows: { _ in
            guard let image = try kernel.image(of: name), image.sizeBytes == Self.grownBytes else {
                throw Surprise("the image did not grow")
            }
            return "an image of \(Figure.bytes(image.sizeBytes))"
        }
        try steps.step("grow the mounted file system") {
            try growMounted(volume)
        } shows: {
            guard HostIdentity.mayGrowMountedExt4 else {
                return
                    "refused, as this machine withholds CAP_SYS_RESOURCE, which Linux wants here; grown when staged"
            }
            return "df: \(Figure.bytes(before)) before, \(Figure.bytes(try grownSize())) now"
        }
    }

    /// The kernel grows a mounted ext4 for CAP_SYS_RESOURCE alone; without it the driver has to say so.
    private func growMounted(_ volume: String) throws {
        let request = CSI.NodeExpandVolumeRequest(volumeID: volume, volumePath: target)
        guard !HostIdentity.mayGrowMountedExt4 else {
            _ = try client.call(request)
            return
        }
        do {
            _ = try client.call(request)
        } catch let status as CSIStatus {
            guard status.code == .failedPrecondition, status.message.contains("CAP_SYS_RESOURCE") else {
                throw status
            }
            return
        }
        throw Surprise("the driver says that it grew, which it cannot without CAP_SYS_RESOURCE")
    }

    private func grownSize() throws -> Int64 {
        let size = try kernel.size(at: target)
        guard size > Self.grownBytes - Self.grownBytes / 8 else {
            throw Surprise("the file system has \(Figure.bytes(size)) and did not grow")
        }
        return size
    }
}
