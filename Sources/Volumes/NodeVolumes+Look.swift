/// Whether a volume is well, and why not.
package struct VolumeHealth: Equatable, Sendable {
    /// Each sign of trouble, a sentence.
    package let troubles: [String]

    /// Keeps the signs.
    package init(troubles: [String]) { self.troubles = troubles }

    /// True where something is wrong.
    package var isAbnormal: Bool { !troubles.isEmpty }

    /// One sentence for an operator.
    package var message: String { isAbnormal ? troubles.joined(separator: "; ") : "the volume is healthy" }
}

extension NodeVolumes {
    /// Fill and health of the volume as seen at a path where it is published or staged, by whomever.
    ///
    /// - Throws: `missing` if there is no such volume or it is not at that path, `host`.
    package func usage(
        of id: VolumeID, at path: HostPath
    ) throws(VolumeFault) -> (usage: VolumeUsage, health: VolumeHealth) {
        let record = try catalog.volume(id)
        let view = try observe(id)
        let health = try health(of: record, view)
        let device = try device(of: record, view, at: path)
        switch record.kind {
        case .filesystem: return (try usage(ofFilesystemAt: path, of: id), health)
        case .block:
            let total = try host.size(of: device).bytes
            return (VolumeUsage(bytes: .init(total: total, used: 0, available: 0), inodes: nil), health)
        }
    }

    /// Fill of the file system, unless the volume was taken off the path meanwhile: looking holds no key, and what
    /// lies below would be taken for the volume.
    private func usage(ofFilesystemAt path: HostPath, of id: VolumeID) throws(VolumeFault) -> VolumeUsage {
        let found: Result<VolumeUsage, VolumeFault>
        do {
            found = .success(try host.usage(at: path))
        } catch {
            found = .failure(error)
        }
        guard try observe(id).mount(at: path) != nil else { throw .missing("volume \(id) at \(path)") }
        return try found.get()
    }

    /// Lets device and file system of a staged volume grow to its image; a volume that is as large is left alone.
    ///
    /// - Throws: `missing` if there is no such volume or it is not at that path, `malformed` for a capability that it
    ///   does not have, `sizeNotServable` where the image is smaller than asked for, `notNow` for a read-only
    ///   volume, `operationPending`, `host`.
    package func expand(
        _ id: VolumeID, at path: HostPath, to range: CapacityRange, usedAs capability: VolumeCapability?
    ) throws(VolumeFault) -> ByteCount {
        try exclusively(id) { () throws(VolumeFault) in
            let record = try catalog.volume(id)
            let view = try observe(id)
            let device = try device(of: record, view, at: path)
            if let why = capability?.mismatch(with: record.kind) {
                throw .malformed(field: "volume_capability", why: why)
            }
            let size = try host.refreshCapacity(of: device)
            guard size >= range.required ?? .zero else {
                throw .sizeNotServable(
                    "the volume has \(size.bytes) bytes; it must be grown by the controller first")
            }
            guard case .filesystem(let kind) = record.kind else { return size }
            guard let writable = view.filesystemMounts.first(where: { !$0.isReadOnly }) else {
                throw .notNow("volume \(id) is mounted read-only; its file system cannot grow so")
            }
            let place = try HostPath(writable.path, field: "mount")
            _ = try host.growFilesystem(kind, on: device, at: place)
            return size
        }
    }

    /// The health of volumes, in the order asked for; one look at the kernel serves them all.
    package func health(of records: [VolumeRecord]) throws(VolumeFault) -> [VolumeHealth] {
        let views = try host.observe(records.map(\.id))
        var result: [VolumeHealth] = []
        for (record, view) in zip(records, views) { result.append(try health(of: record, view)) }
        return result
    }

    /// The device of a volume that is really at that path.
    private func device(
        of record: VolumeRecord, _ view: VolumeOnNode, at path: HostPath
    ) throws(VolumeFault) -> Device {
        guard let device = view.device else { throw .missing("volume \(record.id) at \(path)") }
        if view.mount(at: path) != nil { return device }
        guard record.kind == .block else { throw .missing("volume \(record.id) at \(path)") }
        // Kubelet asks with a path of its own, which leads to the device node, or with the staging path.
        if try host.isNode(path, of: device) { return device }
        guard try host.note(of: record.id).staged[path.text] != nil else {
            throw .missing("volume \(record.id) at \(path)")
        }
        return device
    }

    private func health(of record: VolumeRecord, _ view: VolumeOnNode) throws(VolumeFault) -> VolumeHealth {
        let image = try catalog.image(of: record.id)
        let space = try catalog.space(ofPool: record.id.pool)
        return VolumeHealth(
            troubles: VolumeHealth.troubles(of: record, image, in: space)
                + (try host.troubles(of: record, view)))
    }
}

extension VolumeHealth {
    /// Signs of trouble that record, image and pool show, each a sentence.
    package static func troubles(
        of record: VolumeRecord, _ image: ImageState?, in space: PoolSpace?
    ) -> [String] {
        guard let image else { return ["the image is missing"] }
        var troubles: [String] = []
        if image.size < record.size {
            troubles.append("the image has \(image.size.bytes) bytes instead of \(record.size.bytes)")
        }
        if let space, isNearlyFull(space, record, image) {
            troubles.append("the pool is nearly full: \(space.free.bytes) bytes are left")
        }
        return troubles
    }

    /// A volume that still needs blocks is in danger when less than a twentieth of the pool is left.
    private static func isNearlyFull(_ space: PoolSpace, _ record: VolumeRecord, _ image: ImageState) -> Bool
    {
        image.allocated < record.size && space.free.bytes < space.total.bytes / 20
    }
}
