internal import CLinux

/// The loop devices of the machine; the kernel holds the table, nothing is kept here.
package enum LoopDevices {
    /// How an image is attached.
    package struct Options: Equatable, Sendable {
        /// No write reaches the image.
        package var readOnly: Bool
        /// Bypass the page cache of the image where its file system can; look at `LoopStatus.directIO` for the outcome.
        package var directIO: Bool
        /// The logical block size, a power of two from 512 to the page size.
        package var blockSizeBytes: UInt32
        /// Whether a discard on the device punches holes into the image.
        package var allowDiscard: Bool

        /// Puts the options together.
        package init(readOnly: Bool, directIO: Bool, blockSizeBytes: UInt32, allowDiscard: Bool) {
            self.readOnly = readOnly
            self.directIO = directIO
            self.blockSizeBytes = blockSizeBytes
            self.allowDiscard = allowDiscard
        }
    }

    /// How many numbers are tried while other processes take them first.
    private static let attempts = 64

    /// Gives an open image a loop device, with this very open file, so that its flock lives as long as the device.
    ///
    /// The name is what LOOP_GET_STATUS64 shows (cut to 63 bytes). No device is left if this throws.
    ///
    /// `avoided` are numbers that must not be given out, such as those of which a device node is shown to somebody.
    package static func attach(
        _ image: borrowing OwnedDescriptor, name: String, options: Options, avoiding avoided: Set<Int32> = []
    ) throws(SystemError) -> LoopDevice {
        try checkText(name, call: "attach")
        let identity = try image.status().identity
        var tried: Set<Int32> = []
        var lastError = SystemError(call: "LOOP_CTL_GET_FREE", errno: .busy, object: name)
        for _ in 0..<attempts {
            let number = try unusedNumber(
                besides: tried, avoiding: avoided, withDiscard: options.allowDiscard)
            tried.insert(number)
            guard let device = try LoopDevice(number: number) else { continue }
            do throws(SystemError) {
                try configure(device, image, name: name, options: options)
            } catch  where isTaken(error.errno) {
                lastError = error
                continue
            }
            do throws(SystemError) {
                try device.settle(options)
            } catch {
                try device.detach(identity, after: error)
            }
            guard options.allowDiscard else { return device }
            guard try device.hasLostDiscard() else { return device }
            // Another process used the device without discard a moment ago.
            try device.detach(ifBackedBy: identity)
        }
        throw SystemError(
            call: lastError.call, errno: lastError.errno,
            object: "\(lastError.object) after \(attempts) attempts")
    }

    /// Whether another process took the number, or removed the device, between the question and the answer.
    private static func isTaken(_ errno: Errno) -> Bool {
        [.busy, .noAddress, .noDevice, .noEntry].contains(errno)
    }

    /// A number without an image that was not tried yet, one that can discard if that is wanted, or a new one.
    private static func unusedNumber(
        besides tried: Set<Int32>, avoiding avoided: Set<Int32>, withDiscard: Bool
    ) throws(SystemError) -> Int32 {
        let object = "/dev/loop-control"
        let free = try SystemError.check("LOOP_CTL_GET_FREE", on: object, clinux_loop_free_number())
        let isUnfit = try avoided.contains(free) ? true : withDiscard ? hasLostDiscard(free) : false
        if !tried.contains(free), !isUnfit { return free }
        if isUnfit, let idle = try idleNumber(besides: tried.union(avoided), withDiscard) { return idle }
        return try SystemError.check("LOOP_CTL_ADD", on: object, clinux_loop_new_number())
    }

    private static func hasLostDiscard(_ number: Int32) throws(SystemError) -> Bool {
        try LoopDevice(number: number)?.hasLostDiscard() ?? false
    }

    /// The lowest number without an image; with discard, one whose device can still do that.
    private static func idleNumber(
        besides tried: Set<Int32>, _ withDiscard: Bool
    ) throws(SystemError) -> Int32? {
        let numbers = try Directory.open("/sys/block").entries()
            .filter { $0.hasPrefix("loop") }
            .compactMap { Int32($0.dropFirst(4)) }
        for number in numbers.sorted() where !tried.contains(number) {
            guard try FileStatus.at("/sys/block/loop\(number)/loop/backing_file") == nil,
                let device = try LoopDevice(number: number)
            else { continue }
            if withDiscard, try device.hasLostDiscard() { continue }
            return number
        }
        return nil
    }

    private static func configure(
        _ device: LoopDevice, _ image: borrowing OwnedDescriptor, name: String, options: Options,
    ) throws(SystemError) {
        let opened = try device.open(writable: !options.readOnly)
        var wanted = clinux_loop_options(
            read_only: options.readOnly, direct_io: options.directIO, autoclear: false,
            block_size: options.blockSizeBytes)
        let result = unsafe clinux_loop_configure(opened.number, image.number, name, &wanted)
        try SystemError.check("LOOP_CONFIGURE", on: "\(device) with \(name)", result)
    }

    /// All devices that have a backing file of a sector or more, by number.
    ///
    /// proc(5): /proc/partitions lists the block devices that have a size, and a loop device has one while a file is
    /// attached. One read, where /sys/block also has the hundreds of devices that were used at some time.
    package static func all() throws(SystemError) -> [LoopDevice] {
        let bytes = try TextFile.readBytes("/proc/partitions", limitBytes: 16 << 20)
        return parse(partitions: String(decoding: bytes, as: UTF8.self))
    }

    /// Picks the loop devices out of lines such as "   7        3    1048576 loop3".
    static func parse(partitions text: String) -> [LoopDevice] {
        var devices: [LoopDevice] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            // Partitions on a loop device have names such as loop3p1, which is no number.
            guard words.count == 4, words[3].hasPrefix("loop"), let number = Int32(words[3].dropFirst(4)),
                let major = UInt32(words[0]), let minor = UInt32(words[1])
            else { continue }
            devices.append(
                LoopDevice(number: number, deviceNumber: DeviceNumber(major: major, minor: minor)))
        }
        return devices.sorted { $0.number < $1.number }
    }
}
