import LinuxHost

/// What the kernel says of a volume, asked without the driver.
struct KernelView {
    /// The pool folder.
    let pool: String

    /// The loop device of a volume and how it is attached; nothing if there is none.
    func device(of name: String) throws -> (device: LoopDevice, status: LoopStatus)? {
        guard let image = try image(of: name)?.identity,
            let device = try LoopDevices.backed(by: image, named: "image").first,
            let status = try device.status()
        else { return nil }
        return (device, status)
    }

    /// The image of a volume.
    func image(of name: String) throws -> FileStatus? {
        try FileStatus.at("\(pool)/volumes/\(name)/image")
    }

    /// The image of a snapshot.
    func snapshot(_ name: String) throws -> FileStatus? {
        try FileStatus.at("\(pool)/snapshots/\(name)/image")
    }

    /// What the pool's file system has free.
    func free() throws -> Int64 { try FilesystemSpace.at(pool).freeBytes }

    /// The mount that a user of the path sees; nothing if it is none.
    func mount(at path: String) throws -> Mount? { try MountTable.read().mounts(at: path).last }

    /// The size of the file system that a user of the path sees, as df shows it.
    func size(at path: String) throws -> Int64 { try FilesystemSpace.at(path).totalBytes }

    /// "/dev/loop3, ext4, 973.4 MiB": a mount in words.
    func sentence(mountAt path: String) throws -> String {
        guard let mount = try mount(at: path) else { throw Surprise("the kernel shows no mount at \(path)") }
        return "\(mount.source), \(mount.filesystem), \(Figure.bytes(try size(at: path)))"
    }

    /// "/dev/loop3, 1 GiB, sectors of 4096 bytes, direct I/O": a device in words.
    func sentence(deviceOf name: String) throws -> String {
        guard let (device, status) = try device(of: name) else {
            throw Surprise("the kernel shows no loop device with the image of \(name)")
        }
        return "\(device), \(Figure.bytes(status.sizeBytes)), sectors of \(status.blockSizeBytes) bytes, "
            + (status.directIO ? "direct I/O" : "buffered I/O")
    }

    /// Verifies that nothing is mounted at a path.
    func expectNoMount(at path: String) throws -> String {
        if let mount = try mount(at: path) { throw Surprise("\(mount.source) is still mounted at \(path)") }
        return "no mount"
    }

    /// Verifies that a volume has no loop device.
    func expectNoDevice(of name: String) throws -> String {
        if let (device, _) = try device(of: name) { throw Surprise("\(device) is still attached") }
        return "no loop device"
    }
}

/// The kernel shows something else than the driver promised.
struct Surprise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
