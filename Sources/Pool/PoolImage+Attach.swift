import LinuxHost
import Log
import Volumes

extension PoolImage {
    private static let growDeadlineSeconds = 600.0

    /// The loop device of the file, at its wished size; attached now unless it was.
    func ensureAttached(in root: borrowing Directory) throws -> LoopDevice {
        let file = try root.openFile(Layout.image, .readWrite)
        if let device = try attached(file) {
            try size(file, in: root)
            if try device.sizeBytes() < file.status().sizeBytes { _ = try device.refreshCapacity() }
            return device
        }
        // As with volumes, the lock belongs to this open file, which the device keeps.
        guard try file.tryLock(.exclusive) else {
            throw trouble("\(Layout.image) is in use by another process or node")
        }
        try size(file, in: root)
        let device = try LoopDevices.attach(
            file, name: "pool \(pool)",
            options: .init(
                readOnly: false, directIO: true, blockSizeBytes: 4096,
                allowDiscard: options.allocation == .sparse))
        let status = try device.status()
        log.info(
            "pool image attached", (.pool, pool.text), (.path, "\(folder)/\(Layout.image)"),
            (.value, device.path), (.directIO, status?.directIO ?? false))
        return device
    }

    /// The device that a driver attached earlier, recognized by the inode of its file and by the lock that it holds.
    private func attached(_ file: borrowing OwnedDescriptor) throws -> LoopDevice? {
        let devices = try LoopDevices.backed(by: file.status().identity, named: Layout.image)
        guard let device = devices.first, let status = try device.status() else { return nil }
        guard devices.count == 1, try !holdsNoLock(file) else {
            throw trouble(
                "\(Layout.image) was attached by hand, as \(devices.map(\.path).joined(separator: ", ")); unmount it "
                    + "and take that away (losetup --detach)")
        }
        guard !status.readOnly, status.blockSizeBytes == 4096 else {
            throw trouble("\(device) is read-only or has not the sectors that it was made with")
        }
        return device
    }

    /// Whether the lock of the file is free, which it is not while a device of ours has it.
    private func holdsNoLock(_ file: borrowing OwnedDescriptor) throws -> Bool {
        guard try file.tryLock(.exclusive) else { return false }
        try file.unlock()
        return true
    }

    /// Lets the file have its wished size and blocks; never makes it smaller.
    ///
    /// What cannot be done is logged and the pool is used as it is, because a node must come up with its volumes.
    private func size(_ file: borrowing OwnedDescriptor, in root: borrowing Directory) throws {
        let status = try file.status()
        let (old, wanted) = (status.sizeBytes, options.size.bytes)
        if old > wanted {
            log.warning(
                "the pool image is larger than image= asks for and stays so: it is never made smaller",
                (.pool, pool.text), (.sizeBytes, old), (.value, "\(options.size)"))
        }
        let target = max(old, wanted)
        let needed = options.allocation == .full ? target - status.allocatedBytes : 0
        if needed > 0, let shortage = try shortage(needed, in: root) {
            complain("the pool image has less than it should and is served as it is", shortage)
        } else {
            do {
                if options.allocation == .full { try file.fillHoles(upTo: old) }
                guard old < target else { return }
                try extend(file, from: old, to: target)
                log.info("pool image grown", (.pool, pool.text), (.sizeBytes, target))
            } catch {
                complain("the pool image cannot grow and is served as it is", "\(error)")
            }
        }
    }

    private func extend(_ file: borrowing OwnedDescriptor, from old: Int64, to size: Int64) throws {
        do {
            try reserve(file, from: old, to: size)
            try file.sync()
        } catch {
            // fallocate(2) may have got half-way; the device still has its old size, so nothing lies beyond that.
            try file.truncate(to: old)
            throw error
        }
    }

    private func complain(_ text: String, _ reason: String) {
        log.error(text, (.pool, pool.text), (.path, "\(folder)/\(Layout.image)"), (.reason, reason))
    }

    /// Mounts the device at the mount point unless it is there already.
    func ensureMounted(
        _ device: LoopDevice, _ filesystem: Filesystem, in root: borrowing Directory
    ) throws {
        if try root.status(Layout.mountPoint) == nil { _ = try root.ensure(Layout.mountPoint, mode: 0o700) }
        if let status = try root.status(Layout.mountPoint), status.isMountRoot {
            return try recognize(device, mountID: status.mountID)
        }
        let below = try root.open(Layout.mountPoint).entries()
        guard below.isEmpty else {
            throw trouble(
                "'\(below[0])' lies in \(mountPoint), where the pool is to be mounted; the folder must be empty"
            )
        }
        // What the pool holds are images for its driver alone. Sparse: what is freed there goes back to the host.
        var words = ["noatime", "nodev", "noexec", "nosuid"]
        if options.allocation == .sparse { words.append(filesystem == .xfs ? "discard" : "discard=async") }
        do {
            try Mounting.mountFilesystem(
                device: device, type: filesystem.rawValue, at: root.openPlace(Layout.mountPoint),
                options: MountOptions(flags: words))
        } catch {
            throw trouble("\(error); \(remedy(device, filesystem))")
        }
        log.info("pool image mounted", (.pool, pool.text), (.path, mountPoint), (.value, device.path))
    }

    private func recognize(_ device: LoopDevice, mountID: UInt64) throws {
        guard let mount = try MountTable.read().mounts(of: device).first(where: { $0.id == mountID }),
            mount.root == "/"
        else {
            throw trouble("something else than \(device), which carries it, is mounted at \(mountPoint)")
        }
        do {
            // XFS that was shut down answers EIO and does not look read-only.
            _ = try Directory.open(mountPoint)
        } catch {
            throw trouble(
                "\(mountPoint) does not answer (\(error)): the kernel has given it up, as it does on errors; its log says "
                    + "more. Unmount it and have it checked by hand; it is mounted again by itself")
        }
        guard mount.isReadOnly else { return }
        // What is in it can still be read and taken down.
        log.error(
            "the kernel has stopped writing to the pool, as it does on errors; its log says more",
            (.pool, pool.text), (.path, mountPoint))
    }

    /// What a person can do about a file system that does not mount.
    private func remedy(_ device: LoopDevice, _ filesystem: Filesystem) -> String {
        let tool =
            switch filesystem {
            case .xfs: "xfs_repair \(device), without -L, which throws away what was written last"
            case .btrfs: "btrfs check \(device)"
            }
        return "nothing was changed. The kernel's log says why; look at it and run by hand: \(tool)"
    }

    /// Grows the file system to the size of its device; if that fails it is used as it is.
    func ensureGrown(_ device: LoopDevice, _ filesystem: Filesystem) {
        do {
            let size = try device.sizeBytes()
            let superblock = try Superblock.read(try OwnedDescriptor.open(device.path, .readOnly))
            guard let superblock, superblock.filesystemBytes < size else { return }
            let (program, arguments) =
                switch filesystem {
                case .xfs: ("xfs_growfs", ["-d", mountPoint])
                case .btrfs: ("btrfs", ["filesystem", "resize", "max", mountPoint])
                }
            guard let tool = Tool.find(program) else { throw trouble("\(program) is not installed") }
            try tool.run(arguments, expecting: [0], deadlineSeconds: Self.growDeadlineSeconds)
        } catch {
            complain("the file system of the pool image cannot grow and is served as it is", "\(error)")
        }
    }
}
