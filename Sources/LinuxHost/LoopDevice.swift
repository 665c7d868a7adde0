internal import CLinux

/// One loop device of the kernel, attached or not.
///
/// The value is a name, not a hold: another process may detach the device and use it for something else.
package struct LoopDevice: Hashable, Sendable, CustomStringConvertible {
    /// Its number: 3 is `/dev/loop3`.
    package let number: Int32
    /// The block device number of its node.
    package let deviceNumber: DeviceNumber

    /// The device node.
    package var path: String { "/dev/loop\(number)" }
    /// The device node.
    package var description: String { path }

    init(number: Int32, deviceNumber: DeviceNumber) {
        self.number = number
        self.deviceNumber = deviceNumber
    }

    /// The device with this number, or nil if the kernel has none.
    package init?(number: Int32) throws(SystemError) {
        guard let text = try TextFile.value("/sys/block/loop\(number)/dev"), let device = DeviceNumber(text)
        else { return nil }
        self.init(number: number, deviceNumber: device)
    }

    /// The loop device behind a block device number, or nil if that is no loop device.
    package init?(deviceNumber: DeviceNumber) throws(SystemError) {
        guard let text = try TextFile.value("/sys/dev/block/\(deviceNumber)/uevent") else { return nil }
        let name = text.split(separator: "\n").first { $0.hasPrefix("DEVNAME=loop") }
        guard let digits = name?.dropFirst("DEVNAME=loop".count), let number = Int32(digits) else {
            return nil
        }
        self.init(number: number, deviceNumber: deviceNumber)
    }

    /// What is attached, or nil if nothing is.
    package func status() throws(SystemError) -> LoopStatus? {
        do throws(SystemError) {
            return try LoopStatus.of(try open(), number: number)
        } catch  where error.errno.meansGone {
            return nil
        }
    }

    /// Which file is attached, or nil if none is.
    func backing() throws(SystemError) -> LoopBacking? {
        do throws(SystemError) {
            return try LoopBacking.of(try open(), number: number)
        } catch  where error.errno.meansGone {
            return nil
        }
    }

    /// The path of the attached file as the kernel remembers it, or nil if nothing is attached.
    ///
    /// Neither the device nor the file is looked at, so this waits for nobody's detach and for no file system. It ends in
    /// " (deleted)" for a file without a name, and lacks its beginning where the file's mount is gone or in another
    /// mount namespace.
    package func backingPath() throws(SystemError) -> String? {
        try TextFile.value("/sys/block/loop\(number)/loop/backing_file")
    }

    /// Whether it goes away with its last user.
    ///
    /// False too if nothing is attached. Asks nobody else, as above.
    package func goesWithLastUser() throws(SystemError) -> Bool {
        try TextFile.value("/sys/block/loop\(number)/loop/autoclear") == "1"
    }

    /// The size a reader of the device sees.
    package func sizeBytes() throws(SystemError) -> Int64 {
        try Self.sizeBytes(try open(), path)
    }

    /// Lets the device take on the present size of its file, and returns that.
    package func refreshCapacity() throws(SystemError) -> Int64 {
        let device = try open()
        try SystemError.check("LOOP_SET_CAPACITY", on: path, clinux_loop_refresh_capacity(device.number))
        return try Self.sizeBytes(device, path)
    }

    /// Whether the kernel refuses to write to the device.
    package func isReadOnly() throws(SystemError) -> Bool {
        let device = try open()
        return try SystemError.check("BLKROGET", on: path, clinux_block_is_read_only(device.number)) != 0
    }

    /// Makes the kernel refuse or allow writes to the device, whoever asks.
    package func setReadOnly(_ readOnly: Bool) throws(SystemError) {
        let device = try open()
        try SystemError.check("BLKROSET", on: path, clinux_block_set_read_only(device.number, readOnly))
    }

    /// The loop devices whose backing file is the node of this device, such as the one kubelet holds raw volumes with.
    package func stackedDevices() throws(SystemError) -> [LoopDevice] {
        try LoopDevices.attached(named: nil) { $0.device == deviceNumber }
    }

    /// Opens the device node, making it where a private /dev does not show it.
    package func open(writable: Bool = false, exclusive: Bool = false) throws(SystemError) -> OwnedDescriptor
    {
        let opened = clinux_loop_open(number, deviceNumber.major, deviceNumber.minor, writable, exclusive)
        return OwnedDescriptor(owning: try SystemError.check("open", on: path, opened))
    }

    private static func sizeBytes(_ device: borrowing OwnedDescriptor, _ path: String) throws(SystemError)
        -> Int64
    {
        try SystemError.check("BLKGETSIZE64", on: path, clinux_block_size_bytes(device.number))
    }
}
