internal import CLinux

/// What is attached to a loop device and how.
package struct LoopStatus: Equatable, Sendable {
    /// Which file backs the device.
    package let backing: FileIdentity
    /// The device number behind the backing file where that is itself a block device node.
    package let backingDevice: DeviceNumber?
    /// What it was named at its attachment, cut to 63 bytes.
    package let name: String
    /// The path the kernel shows for the file, for messages; ends in " (deleted)" for a file without a name.
    package let backingPath: String
    /// Whether it was attached for reading only.
    package let readOnly: Bool
    /// Whether the device bypasses the page cache of the file.
    package let directIO: Bool
    /// Whether it goes away by itself with its last user.
    package let autoclear: Bool
    /// The logical block size.
    package let blockSizeBytes: UInt32
    /// The size a reader of the device sees.
    package let sizeBytes: Int64

    /// Asks an open device; throws ENXIO if nothing is attached.
    static func of(_ device: borrowing OwnedDescriptor, number: Int32) throws(SystemError) -> LoopStatus {
        let path = "/dev/loop\(number)"
        let backing = try LoopBacking.of(device, number: number)
        let sector = try SystemError.check("BLKSSZGET", on: path, clinux_block_sector_bytes(device.number))
        let size = try SystemError.check("BLKGETSIZE64", on: path, clinux_block_size_bytes(device.number))
        return LoopStatus(
            backing: backing.identity, backingDevice: backing.device, name: backing.name,
            backingPath: try TextFile.value("/sys/block/loop\(number)/loop/backing_file") ?? "",
            readOnly: backing.readOnly, directIO: backing.directIO, autoclear: backing.autoclear,
            blockSizeBytes: UInt32(sector), sizeBytes: size)
    }
}

/// What one question to the loop driver tells.
struct LoopBacking: Sendable {
    let identity: FileIdentity
    let name: String
    let device: DeviceNumber?
    let readOnly: Bool
    let directIO: Bool
    let autoclear: Bool

    /// Asks an open device; throws ENXIO if nothing is attached.
    static func of(_ device: borrowing OwnedDescriptor, number: Int32) throws(SystemError) -> LoopBacking {
        var found = clinux_loop_status()
        let result = unsafe clinux_loop_get_status(device.number, &found)
        try SystemError.check("LOOP_GET_STATUS64", on: "/dev/loop\(number)", result)
        let node = DeviceNumber(major: found.backing_node_major, minor: found.backing_node_minor)
        return LoopBacking(
            identity: FileIdentity(
                major: found.backing_major, minor: found.backing_minor, inode: found.backing_inode),
            name: text(found.name),
            device: node.major == 0 && node.minor == 0 ? nil : node, readOnly: found.read_only,
            directIO: found.direct_io, autoclear: found.autoclear)
    }

    /// Text from a field of C that is cut at its first zero byte.
    private static func text<Field>(_ field: Field) -> String {
        unsafe withUnsafeBytes(of: field) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
