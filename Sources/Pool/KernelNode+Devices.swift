import LinuxHost
import Log
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
        of id: VolumeID, _ purpose: LockPurpose, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result {
        let step = "lock volume \(id)"
        let taken: VolumeLock?
        do throws(SystemError) {
            taken = try takeLock(noteName(of: id), mayWait: purpose != .tidyUp)
        } catch {
            guard purpose == .takeDown else { throw .host(step: step, cause: "\(error)") }
            // Nothing keeps a mount; two drivers at once is what an upgrade has for a moment at most.
            log.warning("a volume is taken down without its lock", (.volumeID, "\(id)"), (.error, "\(error)"))
            return try body()
        }
        guard let lock = taken else { throw .operationPending("\(id), by another driver on this node") }
        let outcome: Swift.Result<Result, VolumeFault>
        do {
            outcome = .success(try body())
        } catch {
            outcome = .failure(error)
        }
        do throws(SystemError) {
            try lock.release()
        } catch {
            // It goes with the descriptor, which is closed by now.
            log.warning("un\(step)", (.error, "\(error)"))
        }
        return try outcome.get()
    }

    /// Takes the lock, for which another driver's call is waited for a little, as for a call of this one.
    ///
    /// No event tells that a flock was given back, and one that is waited for in the kernel cannot be given up.
    private func takeLock(_ name: String, mayWait: Bool) throws(SystemError) -> VolumeLock? {
        if let lock = try VolumeLock.take(name) { return lock }
        guard mayWait else { return nil }
        let deadline = Clock.monotonicNanoseconds + lockPatience
        while Clock.monotonicNanoseconds < deadline {
            Clock.sleep(nanoseconds: Self.lockPause)
            if let lock = try VolumeLock.take(name) { return lock }
        }
        return nil
    }

    package func attach(_ record: VolumeRecord, readOnly: Bool) throws(VolumeFault) -> Device {
        let step = "attach volume \(record.id)"
        guard let folder = try pools[record.id.pool]?.folder(of: record.id.name) else {
            throw .missing("volume \(record.id)")
        }
        let image = try folder.openImage(
            readOnly ? .readOnly : .readWrite, of: "volume \(record.id)", step)
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
            // Whoever is shown a device node must not meet another volume behind it, once its own was taken away.
            let shown = Set(try MountTable.read().mounts.compactMap(\.loopNode))
            let device = try LoopDevices.attach(
                image, name: record.id.name.text, options: options, avoiding: shown)
            return Device(
                number: device.number, isReadOnly: readOnly, file: file,
                imagePath: try device.backingPath() ?? "")
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
        guard device.file != nil || !device.imagePath.isEmpty else {
            throw .host(step: "detach \(device)", cause: "nobody looked which file it carries")
        }
        do {
            // A device that was removed meanwhile carries nothing.
            try LoopDevice(number: device.number)?.detach(ifHolding: device.content)
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
}
