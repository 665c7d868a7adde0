package import Volumes

extension FakeNode {
    /// The fake kernel has no devices but those that the driver made, and each of them holds the lock.
    package func isLocked(_ id: VolumeID) throws(VolumeFault) -> Bool { true }

    /// One driver has the fake kernel for itself.
    package func withLock<Result>(
        of id: VolumeID, _ purpose: LockPurpose, _ body: () throws(VolumeFault) -> Result
    ) throws(VolumeFault) -> Result { try body() }

    package func attach(_ record: VolumeRecord, readOnly: Bool) throws(VolumeFault) -> Device {
        try step("attach") { (kernel) throws(VolumeFault) in
            guard let store = self.stores[record.id.pool] else { throw .missing("volume \(record.id)") }
            let image = try store.with { (state) throws(VolumeFault) in
                guard state.records[record.id.name] != nil else { throw .missing("volume \(record.id)") }
                guard var image = state.images[record.id.name] else {
                    throw .host(step: "attach volume \(record.id)", cause: "ENOENT")
                }
                guard image.writers == 0, readOnly || image.readers == 0 else {
                    throw .notNow("the image of volume \(record.id) is in use by another process or node")
                }
                if readOnly { image.readers += 1 } else { image.writers += 1 }
                state.images[record.id.name] = image
                return image
            }
            let number = (Int32(0)...).first { kernel.loops[$0] == nil } ?? 0
            kernel.loops[number] = FakeKernel.Loop(
                volume: record.id, imageIdentity: image.identity, isAttachedReadOnly: readOnly,
                refusesWrites: readOnly, size: image.size)
            if case .filesystem = record.kind, kernel.filesystems[record.id] == nil {
                kernel.filesystems[record.id] = record.size
            }
            return Device(number: number, isReadOnly: readOnly)
        }
    }

    package func detach(_ device: Device) throws(VolumeFault) {
        try step("detach") { (kernel) throws(VolumeFault) in
            guard let loop = kernel.loops[device.number] else {
                throw .host(step: "detach \(device)", cause: "ENXIO")
            }
            guard !kernel.mounts.contains(where: { $0.source == .filesystem(device.number) }),
                !kernel.busy.contains(device.path)
            else { throw .notNow("\(device) is still in use") }
            kernel.loops[device.number] = nil
            kernel.failedGrowths[device.number] = nil
            try self.stores[loop.volume.pool]?.with { state in
                guard var image = state.images[loop.volume.name], image.identity == loop.imageIdentity else {
                    return
                }
                if loop.isAttachedReadOnly { image.readers -= 1 } else { image.writers -= 1 }
                state.images[loop.volume.name] = image
            }
        }
    }

    package func refreshCapacity(of device: Device) throws(VolumeFault) -> ByteCount {
        try step("refreshCapacity") { (kernel) throws(VolumeFault) in
            guard let loop = kernel.loops[device.number] else { throw Self.gone(device) }
            let image = try self.stores[loop.volume.pool]?.with { $0.images[loop.volume.name]?.size }
            kernel.loops[device.number]?.size = image ?? loop.size
            return image ?? loop.size
        }
    }

    package func setReadOnly(_ device: Device, _ readOnly: Bool) throws(VolumeFault) {
        try step("setReadOnly") { (kernel) throws(VolumeFault) in
            guard kernel.loops[device.number] != nil else { throw Self.gone(device) }
            kernel.loops[device.number]?.refusesWrites = readOnly
        }
    }

    package func size(of device: Device) throws(VolumeFault) -> ByteCount {
        try step("size") { (kernel) throws(VolumeFault) in
            guard let loop = kernel.loops[device.number] else { throw Self.gone(device) }
            return loop.size
        }
    }

    package func growsMounted(_ kind: FilesystemKind) -> Bool { kind != .ext4 || kernel.growsMountedExt4 }

    package func prepareFilesystem(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) {
        try step("prepareFilesystem") { (kernel) throws(VolumeFault) in
            guard let loop = kernel.loops[device.number] else { throw Self.gone(device) }
            guard !kernel.damaged.contains(loop.volume) else {
                throw .setAside(what: "the \(kind) on \(device)", why: "it is damaged")
            }
        }
    }

    package func growUnmounted(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) -> Bool {
        try step("growUnmounted") { (kernel) throws(VolumeFault) in
            guard let loop = kernel.loops[device.number] else { throw Self.gone(device) }
            guard kind == .ext4, let size = kernel.filesystems[loop.volume], size < loop.size else {
                return false
            }
            if let failure = kernel.growthFailure {
                if case .setAside = failure { kernel.damaged.insert(loop.volume) }
                throw failure
            }
            kernel.filesystems[loop.volume] = loop.size
            return true
        }
    }

    package func remember(_ failure: VolumeFault?, growing device: Device) {
        change { $0.failedGrowths[device.number] = failure?.summary }
    }

    package func failedToGrow(_ device: Device) -> Bool { kernel.failedGrowths[device.number] != nil }

    package func isReadable(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) -> Bool {
        try step("isReadable") { (kernel) throws(VolumeFault) in
            guard let loop = kernel.loops[device.number] else { throw Self.gone(device) }
            return !kernel.dirtyLogs.contains(loop.volume)
        }
    }

    package func replayLog(_ kind: FilesystemKind, on device: Device) throws(VolumeFault) {
        try step("replayLog") { (kernel) throws(VolumeFault) in
            guard let loop = kernel.loops[device.number] else { throw Self.gone(device) }
            guard !loop.isAttachedReadOnly else {
                throw .host(step: "replay the log on \(device)", cause: "EROFS")
            }
            kernel.dirtyLogs.remove(loop.volume)
        }
    }

    package func growFilesystem(
        _ kind: FilesystemKind, on device: Device, at path: HostPath
    ) throws(VolumeFault) -> Bool {
        try step("growFilesystem") { (kernel) throws(VolumeFault) in
            guard let loop = kernel.loops[device.number] else { throw Self.gone(device) }
            guard kernel.top(of: path.text)?.source == .filesystem(device.number) else {
                throw .host(step: "grow \(kind) at \(path)", cause: "it is not mounted there")
            }
            guard let size = kernel.filesystems[loop.volume], size < loop.size else { return false }
            guard kind != .ext4 || kernel.growsMountedExt4 else {
                throw .notNow("CAP_SYS_RESOURCE is missing")
            }
            if let failure = kernel.growthFailure { throw failure }
            kernel.filesystems[loop.volume] = loop.size
            return true
        }
    }

    private static func gone(_ device: Device) -> VolumeFault { .host(step: "use \(device)", cause: "ENXIO") }
}
