import Text

/// The handle of an inline volume: one that a pod's own spec defines, made when it is published and deleted when it
/// is unpublished.
///
/// Kubelet derives it from pod and volume name: `csi-` and 64 hex digits (Kubernetes 1.36, CSI ephemeral volumes).
package struct InlineHandle: Equatable, Sendable, CustomStringConvertible {
    /// Kubelet's key that tells an inline volume from others.
    package static let contextKey = "csi.storage.k8s.io/ephemeral"

    /// The folder name of the volume, which is the handle itself.
    package let name: VolumeName

    /// Takes the text only if kubelet could have made it.
    package init?(_ text: String) {
        let digits = text.utf8.dropFirst(4)
        guard text.begins(with: "csi-"), digits.count == 64,
            digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            let name = VolumeName(folder: text)
        else { return nil }
        self.name = name
    }

    package var description: String { name.text }
}

extension CreateRequest {
    private static let knownAttributes: Set<String> = ["size", "pool", "provisioning"]

    /// The volume that a pod's spec asks for: `attributes` are its volumeAttributes and what kubelet adds to them.
    ///
    /// The attributes come from whoever may make pods, so that the size is bounded by `limit` and mkfs takes no options.
    ///
    /// - Throws: `malformed` naming the attribute, `sizeNotServable` above the limit.
    package init(
        inline handle: InlineHandle, attributes: [String: String], _ capability: VolumeCapability,
        at target: HostPath, limit: ByteCount
    ) throws(VolumeFault) {
        guard case .mount(let kind, _) = capability.access else {
            throw .malformed(field: "volume_capability", why: "an inline volume is a file system, not a disk")
        }
        var own = attributes.filter { !$0.key.begins(with: ClassWords.sidecarPrefix) }
        for (key, _) in own.inByteOrder where !Self.knownAttributes.contains(key) {
            throw .malformed(
                field: "volume_context",
                why:
                    "unknown attribute '\(key.cut(bytes: 64))'; an inline volume takes size, pool and provisioning"
            )
        }
        var wish = min(CapacityRange.defaultSize, limit)
        if let text = own.removeValue(forKey: "size") {
            guard let size = ByteCount(quantity: text), size > .zero else {
                throw .malformed(
                    field: "volume_context",
                    why: "size '\(text.cut(bytes: 32))' is no amount of bytes; use one such as 512Mi or 2Gi")
            }
            wish = size
        }
        guard wish <= limit else {
            throw .sizeNotServable(
                "an inline volume of \(wish.bytes) bytes is above the \(limit.bytes) that --inline-limit allows"
            )
        }
        try self.init(
            name: handle.name.text, range: try CapacityRange(requiredBytes: wish.bytes, limitBytes: 0),
            kind: .filesystem(kind ?? .ext4), parameters: try VolumeParameters(own), inlineTarget: target.text
        )
    }
}

extension Catalog {
    /// The inline volume of that handle, if a pool of this process holds it that can be looked at.
    ///
    /// The books tell where to look first, so that no other pool's disk keeps the caller waiting.
    func inlineVolume(_ handle: InlineHandle) throws(VolumeFault) -> (
        record: VolumeRecord?, unseen: VolumeFault?
    ) {
        var unseen = absentees.first?.fault
        let shelves = shelves
        let likely = shelves.filter { $0.holds(.volume(handle.name)) }
        let others = shelves.filter { !$0.holds(.volume(handle.name)) && !$0.store.pool.isShared }
        for shelf in likely + others {
            do throws(VolumeFault) {
                guard let record = try shelf.store.record(of: handle.name), record.inlineTarget != nil else {
                    continue
                }
                return (record, nil)
            } catch {
                guard error.isOfPool else { throw error }
                unseen = error
            }
        }
        return (nil, unseen)
    }

    /// Whether it is an inline volume that ends when it is taken off that target.
    func isInline(_ id: VolumeID, at target: HostPath) throws(VolumeFault) -> Bool {
        guard InlineHandle(id.name.text) != nil else { return false }
        return try shelf(of: id.pool)?.store.record(of: id.name)?.inlineTarget == target.text
    }

    /// All inline volumes of this node, or of the pools of those names alone; none is ever made in a shared pool.
    ///
    /// Those of a pool that cannot be looked at are left out: this is asked to tidy up.
    func inlineVolumes(in pools: [PoolName]? = nil) -> [VolumeRecord] {
        var records: [VolumeRecord] = []
        for shelf in shelves where !shelf.store.pool.isShared {
            guard pools?.contains(shelf.store.pool.name) ?? true else { continue }
            do throws(VolumeFault) {
                let names = try shelf.store.names().filter { InlineHandle($0.text) != nil }
                let seen = try shelf.store.volumes(names[...])
                shelf.note(seen.torn)
                records += seen.found.map(\.0).filter { $0.inlineTarget != nil }
            } catch {
                // Whoever needs the pool is told why; what is to be tidied up there is found the next time.
                continue
            }
        }
        return records
    }
}
