import LinuxHost
import TestSupport
import Testing

@Suite(.requiresRoot) final class LoopDeviceTests {
    let temporary: TemporaryFolder

    init() throws { temporary = try TemporaryFolder() }

    deinit {
        do {
            let left = try KernelLeaks.clear(below: temporary.path)
            if !left.isEmpty { Issue.record("left behind: \(left)") }
        } catch {
            Issue.record(error)
        }
    }

    private func options(readOnly: Bool = false, discard: Bool = false, block: UInt32 = 4096)
        -> LoopDevices.Options
    {
        .init(readOnly: readOnly, directIO: false, blockSizeBytes: block, allowDiscard: discard)
    }

    @Test("an attached image is found by its identity and is gone after the detach")
    func attachAndDetach() throws {
        let image = try temporary.file("image", bytes: 64 << 20)
        let identity = try image.status().identity
        let device = try LoopDevices.attach(image, name: "pvc-1", options: options())
        #expect(try LoopDevices.backed(by: identity) == [device])
        #expect(try LoopDevices.all().contains(device))
        let status = try #require(try device.status())
        #expect(status.backing == identity && status.backingDevice == nil)
        #expect(status.backingPath == "\(temporary.path)/image")
        #expect(status.blockSizeBytes == 4096 && status.sizeBytes == 64 << 20)
        #expect(!status.readOnly && !status.autoclear && !status.directIO)
        #expect(try LoopDevice(deviceNumber: device.deviceNumber) == device)
        try device.detach()
        #expect(try device.status()?.backing != identity)
        #expect(try LoopDevices.backed(by: identity).isEmpty)
        // Another test may have the number by now, so the file has to be named.
        try device.detach(ifBackedBy: identity)
    }

    @Test("a device that carries another file by now is left alone")
    func foreignFile() throws {
        let image = try temporary.file("image", bytes: 1 << 20)
        let other = try temporary.file("other", bytes: 1 << 20).status().identity
        let device = try LoopDevices.attach(image, name: "mine", options: options())
        try device.detach(ifBackedBy: other)
        #expect(try device.status()?.backing == image.status().identity)
        try device.detach()
    }

    @Test("direct I/O is on where the file system of the image can do it")
    func directIO() throws {
        let image = try temporary.file("image", bytes: 64 << 20)
        let device = try LoopDevices.attach(
            image, name: "direct",
            options: .init(readOnly: false, directIO: true, blockSizeBytes: 4096, allowDiscard: false))
        #expect(try device.status()?.directIO == true)
        try device.detach()
    }

    @Test("the lock of the image lives exactly as long as the device")
    func lockTravels() throws {
        let folder = try temporary.open()
        let device = try attachLocked()
        let other = try folder.openFile("image", .readWrite)
        #expect(try !other.tryLock(.exclusive))
        #expect(try !other.tryLock(.shared))
        try device.detach()
        #expect(try other.tryLock(.exclusive))
    }

    private func attachLocked() throws -> LoopDevice {
        let image = try temporary.file("image", bytes: 1 << 20)
        #expect(try image.tryLock(.exclusive))
        let device = try LoopDevices.attach(image, name: "locked", options: options())
        try image.close()
        return device
    }

    @Test("discard is off when it must be, and on again for the next image")
    func discard() throws {
        let image = try temporary.file("image", bytes: 1)
        try image.allocate(bytes: 64 << 20)
        let full = try image.status().allocatedBytes
        let device = try LoopDevices.attach(image, name: "thick", options: options())
        #expect(throws: ToolError.self) { try TestTool.run("blkdiscard", ["-f", device.path]) }
        #expect(try image.status().allocatedBytes == full)
        try device.detach()
        let again = try LoopDevices.attach(image, name: "thin", options: options(discard: true))
        try TestTool.run("blkdiscard", ["-f", again.path])
        #expect(try image.status().allocatedBytes < full)
        try again.detach()
    }

    @Test("zeroing a device without discard keeps the blocks of the image")
    func zeroing() throws {
        let image = try temporary.file("image", bytes: 1)
        try image.allocate(bytes: 64 << 20)
        let full = try image.status().allocatedBytes
        let device = try LoopDevices.attach(image, name: "thick", options: options())
        try TestTool.run("blkdiscard", ["-f", "--zeroout", device.path])
        let left = try image.status().allocatedBytes
        try device.detach()
        #expect(left == full)
    }

    @Test("an image that grew is seen in full after a refresh")
    func capacity() throws {
        let image = try temporary.file("image", bytes: 64 << 20)
        let device = try LoopDevices.attach(image, name: "growing", options: options())
        try image.truncate(to: 96 << 20)
        #expect(try device.sizeBytes() == 64 << 20)
        #expect(try device.refreshCapacity() == 96 << 20)
        #expect(try device.sizeBytes() == 96 << 20)
        try device.detach()
    }

    @Test("a read-only device is read-only, and an image opened for reading cannot be attached for writing")
    func readOnly() throws {
        _ = try temporary.file("image", bytes: 1 << 20)
        let image = try temporary.open().openFile("image", .readOnly)
        let device = try LoopDevices.attach(image, name: "reader", options: options(readOnly: true))
        #expect(try device.status()?.readOnly == true)
        #expect(try device.isReadOnly())
        try device.detach()
        expectFailure(.readOnly) { _ = try LoopDevices.attach(image, name: "x", options: self.options()) }
        #expect(try LoopDevices.backed(by: image.status().identity).isEmpty)
    }

    @Test("writes can be refused and allowed on a device in use, and the next image starts writable")
    func settingReadOnly() throws {
        let image = try temporary.file("image", bytes: 1 << 20)
        let device = try LoopDevices.attach(image, name: "frozen", options: options())
        try device.setReadOnly(true)
        #expect(try device.isReadOnly())
        try device.detach()
        let next = try LoopDevices.attach(image, name: "next", options: options())
        #expect(try !next.isReadOnly())
        try next.setReadOnly(true)
        try next.setReadOnly(false)
        #expect(try !next.isReadOnly())
        try next.detach()
    }

    @Test("a block size that the kernel refuses leaves no device")
    func refusedBlockSize() throws {
        let image = try temporary.file("image", bytes: 1 << 20)
        #expect(throws: SystemError.self) {
            try LoopDevices.attach(image, name: "odd", options: self.options(block: 1000))
        }
        #expect(try LoopDevices.backed(by: image.status().identity).isEmpty)
    }

    @Test("a device stacked on another is found, and holds the lower one")
    func stacked() throws {
        let image = try temporary.file("image", bytes: 64 << 20)
        let lower = try LoopDevices.attach(image, name: "lower", options: options())
        #expect(try lower.stackedDevices().isEmpty)
        let node = try OwnedDescriptor.open(lower.path, .readOnly)
        let upper = try LoopDevices.attach(node, name: "kubelet", options: options(readOnly: true))
        try node.close()
        #expect(try lower.stackedDevices() == [upper])
        #expect(try upper.status()?.backingDevice == lower.deviceNumber)
        expectFailure(.busy) { try lower.detach() }
        #expect(try lower.status()?.autoclear == false)
        try upper.detach()
        try lower.detach()
    }

    @Test("a mounted device is busy, and stays as it was after a failed detach")
    func mountedIsBusy() throws {
        let image = try temporary.file("image", bytes: 64 << 20)
        try TestTool.run("mkfs.ext4", ["-q", "-b", "4096", "\(temporary.path)/image"])
        let device = try LoopDevices.attach(image, name: "mounted", options: options())
        try Mounting.mountFilesystem(
            device: device, type: "ext4", at: temporary.mountPoint("mnt"), options: MountOptions(flags: []))
        expectFailure(.busy) { try device.detach() }
        let status = try #require(try device.status())
        #expect(!status.autoclear)
        try Mounting.unmount("\(temporary.path)/mnt")
        #expect(try device.status() != nil)
        try device.detach()
    }

    @Test("many threads attach and detach at once without taking each other's devices")
    func concurrency() throws {
        let path = temporary.path
        for index in 0..<8 { _ = try temporary.file("image\(index)", bytes: 1 << 20) }
        var threads: [WriterThread] = []
        for index in 0..<8 {
            let options = options(discard: index % 2 == 0)
            let thread = try OwnThread.start(name: "attach") {
                do {
                    let image = try Directory.open(path).openFile("image\(index)", .readWrite)
                    for _ in 0..<10 {
                        let device = try LoopDevices.attach(image, name: "image\(index)", options: options)
                        let identity = try image.status().identity
                        #expect(try LoopDevices.backed(by: identity) == [device])
                        try device.detach()
                        #expect(try LoopDevices.backed(by: identity).isEmpty)
                    }
                } catch {
                    Issue.record(error)
                }
            }
            threads.append(WriterThread(thread: thread))
        }
        for thread in threads { try thread.join() }
    }
}
