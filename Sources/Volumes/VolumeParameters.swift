import Text

/// Whether a volume's blocks are reserved at birth or promised.
package enum Provisioning: String, Sendable {
    /// Every block is allocated at creation and stays allocated.
    case thick
    /// Blocks are allocated when they are first written.
    case thin
}

/// The StorageClass parameters that this driver knows; everything else is refused by name.
package struct VolumeParameters: Equatable, Sendable {
    /// The pool to use; nothing means the node's first.
    package var pool: PoolName?
    /// Thick or thin; nothing means what the pool does best.
    package var provisioning: Provisioning?
    /// The file system, from `csi.storage.k8s.io/fstype`.
    package var filesystem: FilesystemKind?
    /// The logical block size of the volume's devices, from `sectorSize`; nothing means the default, or the source's.
    package var sectorBytes: UInt32?
    /// Extra words for mkfs, checked against `MkfsOptions`.
    package var mkfsOptions: MkfsOptions

    /// Reads the parameters of a request.
    ///
    /// `ignoringSidecarKeys` is for GetCapacity, where the external-provisioner passes a StorageClass unstripped.
    ///
    /// - Throws: `malformed` naming the first unknown key or value, in the order of the keys.
    package init(_ map: [String: String], ignoringSidecarKeys: Bool = false) throws(VolumeFault) {
        var words: String?
        for (key, value) in map.inByteOrder {
            switch key {
            case "pool":
                guard let name = PoolName(value) else {
                    throw Self.bad(key, value, remedy: "use the name of a pool of the driver")
                }
                pool = name
            case "provisioning":
                guard let known = Provisioning(word: value) else {
                    throw Self.bad(key, value, remedy: "use thick or thin")
                }
                provisioning = known
            case _ where key.isSame(as: "csi.storage.k8s.io/fstype") || ClassWords.isFilesystem(key):
                guard let known = FilesystemKind(word: value) else {
                    throw Self.bad(key, value, remedy: "use ext4, xfs or btrfs")
                }
                filesystem = known
            case "sectorSize":
                guard value == "512" || value == "4096" else {
                    throw Self.bad(key, value, remedy: "use 512 or 4096")
                }
                sectorBytes = UInt32(value)
            case "mkfsOptions":
                words = value
            case _ where ClassWords.ofVolumes.contains(key):
                continue
            case _ where ignoringSidecarKeys && key.begins(with: ClassWords.sidecarPrefix):
                continue
            default:
                throw .malformed(
                    field: "parameters",
                    why: "unknown key '\(key.cut(bytes: 64))'; known are pool, provisioning, mkfsOptions, "
                        + "sectorSize and csi.storage.k8s.io/fstype")
            }
        }
        mkfsOptions = try MkfsOptions(words ?? "")
    }

    private static func bad(_ key: String, _ value: String, remedy: String) -> VolumeFault {
        .malformed(field: "parameters", why: "\(key) = '\(value.cut(bytes: 64))' is not known; \(remedy)")
    }
}

extension VolumeParameters {
    /// What a record keeps: sector sizes have a field of their own there, which older programs know.
    package var withoutSectorSize: VolumeParameters {
        var rest = self
        rest.sectorBytes = nil
        return rest
    }

    /// The parameters as a request would give them; reading them again gives equal ones.
    package var canonical: [String: String] {
        var map: [String: String] = [:]
        map["pool"] = pool?.text
        map["provisioning"] = provisioning?.rawValue
        map["csi.storage.k8s.io/fstype"] = filesystem?.rawValue
        map["sectorSize"] = sectorBytes.map { "\($0)" }
        if !mkfsOptions.words.isEmpty { map["mkfsOptions"] = mkfsOptions.words.joined(separator: " ") }
        return map
    }
}
