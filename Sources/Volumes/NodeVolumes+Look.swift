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
        let health = try health(of: record, view, try catalog.image(of: id), Strains(catalog))
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
            try growNow(kind, on: device, at: place)
            return size
        }
    }

    /// The health of volumes, in the order asked for; one look at the kernel serves them all.
    ///
    /// `images` are theirs, where the caller has looked at them already.
    package func health(
        of records: [VolumeRecord], images: [ImageState?]? = nil
    ) throws(VolumeFault) -> [VolumeHealth] {
        let views = try host.observe(records.map(\.id))
        let strains = Strains(catalog)
        var result: [VolumeHealth] = []
        for (index, (record, view)) in zip(records, views).enumerated() {
            let image = if let images { images[index] } else { try catalog.image(of: record.id) }
            result.append(try health(of: record, view, image, strains))
        }
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

    private func health(
        of record: VolumeRecord, _ view: VolumeOnNode, _ image: ImageState?, _ strains: Strains
    ) throws(VolumeFault) -> VolumeHealth {
        var troubles = VolumeHealth.troubles(of: record, image)
        // A volume that has all its blocks is in no danger.
        if let image, catalog.notice(image, of: record.id), record.provisioning == .thin,
            let trouble = try strains.trouble(onPool: record.id.pool)
        {
            troubles.append(trouble)
        }
        return VolumeHealth(troubles: troubles + (try host.troubles(of: record, view)))
    }
}

extension VolumeHealth {
    /// Signs of trouble that record and image show, each a sentence.
    package static func troubles(of record: VolumeRecord, _ image: ImageState?) -> [String] {
        guard let image else { return ["the image is missing"] }
        guard image.size < record.size else { return [] }
        return ["the image has \(image.size.bytes) bytes instead of \(record.size.bytes)"]
    }

    /// The same with what the pool shows, to one who keeps no books of it.
    package static func troubles(
        of record: VolumeRecord, _ image: ImageState?, in space: PoolSpace?
    ) -> [String] {
        guard let space, let image, image.allocated < record.size,
            space.free.bytes < space.total.bytes / 20
        else { return troubles(of: record, image) }
        return troubles(of: record, image) + ["the pool is nearly full: \(space.free.bytes) bytes are left"]
    }
}

/// How well pools are off, each looked at once.
private final class Strains {
    private let catalog: Catalog
    private var known: [PoolID: PoolStrain?] = [:]

    init(_ catalog: Catalog) { self.catalog = catalog }

    func trouble(onPool pool: PoolID) throws(VolumeFault) -> String? {
        if known[pool] == nil { known[pool] = .some(try catalog.strain(onPool: pool)) }
        return (known[pool] ?? nil)?.trouble
    }
}

extension PoolStrain {
    /// What a thin volume of the pool has to fear, in a sentence.
    package var trouble: String? {
        switch pressure {
        case .none: nil
        case .low: "the pool runs low: \(amounts)"
        case .critical: "the pool is nearly full: \(amounts)"
        }
    }

    private var amounts: String {
        "\(space.free.bytes) bytes are left, and its volumes may still take \(exposure.bytes)"
    }
}
