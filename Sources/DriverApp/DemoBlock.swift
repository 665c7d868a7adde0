import CSIWire
import LinuxHost

/// The life of a raw block volume: the pod gets the device itself.
struct DemoBlock {
    private static let firstBytes: Int64 = 64 << 20
    private static let grownBytes: Int64 = 128 << 20

    private let name = "demo-block"
    private let content = [UInt8](repeating: 0xC5, count: 4096)
    private let client: VolumeClient
    private let steps: DemoSteps
    private let kernel: KernelView
    private let staging: String
    private let target: String
    private let use = CSI.VolumeCapability.rawDevice

    init(_ bench: Workbench, _ steps: DemoSteps) throws {
        client = bench.client
        self.steps = steps
        kernel = KernelView(pool: bench.pool)
        staging = "\(bench.folder)/block-staging"
        target = "\(bench.folder)/block-target"
        try Directory.open(bench.folder).create("block-staging", mode: 0o700)
    }

    func run() throws {
        let volume = try steps.step("create block, 64 MiB") {
            try client.create(name, use, bytes: Self.firstBytes)
        } shows: { _ in
            guard let image = try kernel.image(of: name) else { throw Surprise("there is no image") }
            return
                "an image of \(Figure.bytes(image.sizeBytes)), \(Figure.bytes(image.allocatedBytes)) of it allocated"
        }
        try attach(volume)
        try steps.step("write to the device and sync it") {
            let device = try OwnedDescriptor.open(target, .readWrite)
            try device.pwrite(content, offset: 0)
            try device.sync()
        } shows: {
            "\(content.count) bytes"
        }
        try steps.step("read them back", read) { "the same bytes" }
        try statistics(volume)
        try grow(volume)
        try detach(volume)
        try attach(volume)
        try steps.step("the bytes are still there", read) { "the same bytes" }
        try detach(volume)
        try steps.step("delete") {
            try client.delete(volume)
        } shows: {
            guard try kernel.image(of: name) == nil else { throw Surprise("the image is still there") }
            return "no image"
        }
    }

    private func attach(_ volume: String) throws {
        try steps.step("stage") {
            try client.stage(volume, use, at: staging)
        } shows: {
            try kernel.sentence(deviceOf: name)
        }
        try steps.step("publish") {
            try client.publish(volume, use, from: staging, to: target)
        } shows: {
            guard let (device, _) = try kernel.device(of: name), let status = try FileStatus.at(target),
                status.kind == .blockDevice, status.deviceNumber == device.deviceNumber
            else { throw Surprise("the target is not the volume's device") }
            return "the target is block device \(status.deviceNumber), \(device)"
        }
    }

    private func detach(_ volume: String) throws {
        try steps.step("unpublish") {
            try client.unpublish(volume, from: target)
        } shows: {
            "\(try kernel.expectNoMount(at: target)) at the target"
        }
        try steps.step("unstage") {
            try client.unstage(volume, from: staging)
        } shows: {
            try kernel.expectNoDevice(of: name)
        }
    }

    private func read() throws {
        let found = try OwnedDescriptor.open(target, .readOnly).preadExactly(offset: 0, count: content.count)
        guard found == content else { throw Surprise("the device holds other bytes than were written") }
    }

    private func statistics(_ volume: String) throws {
        _ = try steps.step("statistics") {
            try client.call(CSI.NodeGetVolumeStatsRequest(volumeID: volume, volumePath: target))
        } shows: { reply in
            guard let usage = reply.usage.first(where: { $0.unit == .bytes }), usage.total == Self.firstBytes
            else { throw Surprise("the reply does not have the size of the device") }
            return "\(Figure.bytes(usage.total)) in total"
        }
    }

    private func grow(_ volume: String) throws {
        _ = try steps.step("grow to 128 MiB while in use") {
            _ = try client.call(
                CSI.ControllerExpandVolumeRequest(
                    volumeID: volume, capacityRange: CSI.CapacityRange(requiredBytes: Self.grownBytes)))
            _ = try client.call(CSI.NodeExpandVolumeRequest(volumeID: volume, volumePath: target))
        } shows: { _ in
            guard let (device, status) = try kernel.device(of: name), status.sizeBytes == Self.grownBytes
            else {
                throw Surprise("the device did not grow")
            }
            return "\(device), \(Figure.bytes(status.sizeBytes))"
        }
    }
}
