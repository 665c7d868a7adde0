import LinuxHost
import Synchronization
package import Volumes

extension KernelNode {
    package func check() throws(VolumeFault) {
        let control = "/dev/loop-control"
        let found = try VolumeFault.onHost("examine \(control)") { () throws(SystemError) in
            try FileStatus.at(control)
        }
        guard found != nil else {
            throw .notNow(
                "\(control) is missing; load the kernel module loop and show the host's /dev to the driver")
        }
        for kind in FilesystemKind.allCases where Tool.find("mkfs.\(kind)") == nil {
            throw .notNow("mkfs.\(kind) is not installed; install the tools of \(kind)")
        }
    }

    package func isLocked(_ id: VolumeID) throws(VolumeFault) -> Bool {
        guard let folder = try pools[id.pool]?.folder(of: id.name) else { return true }
        return try VolumeFault.onHost("look for users of volume \(id)") { () throws(SystemError) in
            guard try folder.status(PoolLayout.image) != nil else { return true }
            // For writing, as NFS gives nobody else an exclusive lock.
            let image = try folder.openFile(PoolLayout.image, .readWrite)
            guard try image.tryLock(.exclusive) else { return true }
            try image.unlock()
            return false
        }
    }

    package func withLock<Result>(
        of id: VolumeID, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        guard let folder = try pools[id.pool]?.folder(of: id.name) else { return try body() }
        let step = "lock volume \(id)"
        let isFree = try VolumeFault.onHost(step) { () throws(SystemError) in try folder.tryLock(.exclusive) }
        guard isFree else { throw .operationPending("\(id), by another driver on this node") }
        let outcome: Swift.Result<Result, VolumeFault>
        do {
            outcome = .success(try body())
        } catch {
            outcome = .failure(error)
        }
        // Not by closing it: a child that is just being started holds a copy of the descriptor until its exec.
        try VolumeFault.onHost("un\(step)") { () throws(SystemError) in try folder.unlock() }
        return try outcome.get()
    }

    package func attach(_ record: VolumeRecord, readOnly: Bool) throws(VolumeFault) -> Device {
        let step = "attach volume \(record.id)"
        guard let folder = try pools[record.id.pool]?.folder(of: record.id.name) else {
            throw .missing("volume \(record.id)")
        }
        let image = try VolumeFault.onHost(step) { () throws(SystemError) in
            try folder.openFile(PoolLayout.image, readOnly ? .readOnly : .readWrite)
        }
        // The lock belongs to this open file, which the loop device keeps: it lives as long as the attachment.
        let isLocked = try VolumeFault.onHost(step) { () throws(SystemError) in
            try image.lockImage(readOnly ? .shared : .exclusive)
        }
        guard isLocked else {
            throw .notNow("the image of volume \(record.id) is in use by another process or node")
        }
        if !readOnly { try completeAllocation(record, image) }
        let options = LoopDevices.Options(
            readOnly: readOnly, directIO: true, blockSizeBytes: record.sectorBytes,
            allowDiscard: record.provisioning == .thin)
        let attached = try VolumeFault.onHost(step) { () throws(SystemError) in
            let file = BackingFile(try image.status().identity)
            let device = try LoopDevices.attach(image, name: record.id.name.text, options: options)
            return Device(number: device.number, isReadOnly: readOnly, file: file)
        }
        hints.withLock { $0[record.id] = attached }
        return attached
    }

    /// Reserves again what a thick image lost, say by a hole that a raw block user punched.
    private func completeAllocation(
        _ record: VolumeRecord, _ image: borrowing OwnedDescriptor
    ) throws(VolumeFault) {
        guard record.provisioning == .thick else { return }
        try VolumeFault.onHostAllocating("reserve the blocks of volume \(record.id)") {
            () throws(SystemError) in
            try image.fillHoles(upTo: record.size.bytes)
        }
    }

    package func detach(_ device: Device) throws(VolumeFault) {
        guard let file = device.file else {
            throw .host(step: "detach \(device)", cause: "nobody looked which file it carries")
        }
        do {
            // A device that was removed meanwhile carries nothing.
            try LoopDevice(number: device.number)?
                .detach(ifBackedBy: FileIdentity(device: file.device, inode: file.inode))
            hints.withLock { hints in hints = hints.filter { $0.value.number != device.number } }
        } catch {
            guard error.errno == .busy else { throw .host(step: "detach \(device)", cause: "\(error)") }
            throw .notNow("\(device) is still in use by a process, a mount or another loop device")
        }
    }

    package func refreshCapacity(of device: Device) throws(VolumeFault) -> ByteCount {
        ByteCount(
            known: try VolumeFault.onHost("refresh size of \(device)") { () throws(SystemError) in
                try device.loop().refreshCapacity()
            })
    }

    package func setReadOnly(_ device: Device, _ readOnly: Bool) throws(VolumeFault) {
        try VolumeFault.onHost("change write access of \(device)") { () throws(SystemError) in
            try device.loop().setReadOnly(readOnly)
        }
    }

    package func size(of device: Device) throws(VolumeFault) -> ByteCount {
        ByteCount(
            known: try VolumeFault.onHost("read size of \(device)") { () throws(SystemError) in
                try device.loop().sizeBytes()
            })
    }

    package func troubles(
        of record: VolumeRecord, _ view: VolumeOnNode
    ) throws(VolumeFault) -> [String] {
        Self.troubles(of: view, try note(of: record.id))
    }

    /// The same for a view and a note that were read before.
    static func troubles(of view: VolumeOnNode, _ note: StagingNote) -> [String] {
        guard let device = view.device else {
            // Staged by the note, but no device carries the image: so it is after a reboot, or when it was taken away.
            return note.staged.isEmpty ? [] : ["its loop device is gone; it has to be staged again"]
        }
        var troubles: [String] = []
        if view.isOnOtherImage { troubles.append("\(device) carries another file than the volume's image") }
        // An inline volume is mounted at its target, so what is noted of that is how it was asked for.
        let asked = note.staged.isEmpty ? note.published : note.staged
        if view.isFilesystemReadOnly, !device.isReadOnly, !asked.values.contains(where: \.isReadOnly) {
            troubles.append("the kernel made the file system read-only")
        }
        let name = "loop\(device.number)"
        if let text = TextFile.read("/sys/fs/ext4/\(name)/errors_count", limitBytes: 64),
            let count = Int64(text), count > 0
        {
            troubles.append("ext4 counted \(count) errors; unmount it and have it checked")
        }
        // A file system that was shut down (XFS) or lost its device answers every look with EIO.
        if let mount = view.filesystemMounts.first, let fault = unreachable(mount.path) {
            troubles.append(fault)
        }
        return troubles
    }

    private static func unreachable(_ path: String) -> String? {
        do {
            // Opening reaches the file system; XFS still tells its space from memory after a shutdown.
            _ = try Directory.open(path)
            return nil
        } catch {
            return "the file system does not answer: \(error.errno.name)"
        }
    }
}
