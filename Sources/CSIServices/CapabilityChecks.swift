import CSIWire
import Text
import Volumes

extension VolumeCapability {
    /// Mount words that would change something other than the mount asked for.
    private static let operations: Set<String> = [
        "bind", "rbind", "move", "remount", "shared", "rshared", "slave", "rslave", "private", "rprivate",
        "unbindable", "runbindable", "loop",
    ]

    /// Reads a capability of a request.
    ///
    /// - Throws: `malformed` where it is missing, incomplete, or names something that this driver does not know.
    init(_ wire: CSI.VolumeCapability?, field: String = "volume_capability") throws(VolumeFault) {
        guard let wire else { throw .malformed(field: field, why: "it is required") }
        let access: Access =
            switch wire.access {
            case nil: throw .malformed(field: "\(field).access_type", why: "set block or mount")
            case .block: .block
            case .mount(let type, let flags, let group):
                .mount(try Self.filesystem(type, field), try Self.flags(flags, group: group, field))
            }
        self.init(access: access, mode: try Self.known(wire.mode, field))
    }

    /// The capabilities of a request that must name at least one.
    static func list(_ wire: [CSI.VolumeCapability]) throws(VolumeFault) -> [VolumeCapability] {
        guard !wire.isEmpty else {
            throw .malformed(field: "volume_capabilities", why: "at least one is required")
        }
        var result: [VolumeCapability] = []
        for (index, capability) in wire.enumerated() {
            result.append(try VolumeCapability(capability, field: "volume_capabilities[\(index)]"))
        }
        return result
    }

    private static func filesystem(_ type: String, _ field: String) throws(VolumeFault) -> FilesystemKind? {
        guard !type.isEmpty else { return nil }
        guard let kind = FilesystemKind(word: type) else {
            throw .malformed(
                field: "\(field).mount.fs_type",
                why: "'\(type.cut(bytes: 32))' is not offered; use ext4, xfs or btrfs")
        }
        return kind
    }

    /// Mount flags are never repeated in a message: the specification says that they may hold secrets.
    private static func flags(
        _ words: [String], group: String, _ field: String
    ) throws(VolumeFault) -> MountFlags {
        guard words.reduce(0, { $0 + $1.utf8.count }) <= 4096 else {
            throw .malformed(field: "\(field).mount.mount_flags", why: "they have more than 4096 bytes")
        }
        let flags = MountFlags(words.filter { !$0.isEmpty })
        guard !flags.contains(anyOf: operations) else {
            throw .malformed(
                field: "\(field).mount.mount_flags", why: "flags that bind, move or remount are not allowed")
        }
        guard group.isEmpty else {
            throw .malformed(
                field: "\(field).mount.volume_mount_group",
                why: "VOLUME_MOUNT_GROUP is not offered; leave it empty")
        }
        return flags
    }

    private static func known(
        _ mode: CSI.AccessMode, _ field: String
    ) throws(VolumeFault) -> AccessMode {
        switch mode {
        case .singleNodeWriter: return .singleNodeWriter
        case .singleNodeReaderOnly: return .singleNodeReaderOnly
        case .multiNodeReaderOnly: return .multiNodeReaderOnly
        case .singleNodeSingleWriter: return .singleNodeSingleWriter
        case .singleNodeMultiWriter: return .singleNodeMultiWriter
        case .unknown: throw .malformed(field: "\(field).access_mode", why: "it is required")
        case .multiNodeSingleWriter, .multiNodeMultiWriter:
            throw .malformed(
                field: "\(field).access_mode",
                why: "a volume lives on one node; use a SINGLE_NODE mode or MULTI_NODE_READER_ONLY")
        case .unrecognized(let number):
            throw .malformed(
                field: "\(field).access_mode", why: "\(number) is not a mode of the specification")
        }
    }
}

extension VolumeKind {
    /// What a volume must be for life to serve all of the capabilities.
    ///
    /// - Throws: `malformed` where no single volume can.
    init(serving capabilities: [VolumeCapability], _ parameters: VolumeParameters) throws(VolumeFault) {
        var kinds: Set<FilesystemKind> = []
        var isBlock = false
        var isMount = false
        for capability in capabilities {
            switch capability.access {
            case .block: isBlock = true
            case .mount(let kind, _):
                isMount = true
                if let kind { kinds.insert(kind) }
            }
        }
        guard isMount != isBlock else {
            throw .malformed(field: "volume_capabilities", why: "one volume cannot be both block and mount")
        }
        guard isMount else {
            self = .block
            return
        }
        if let wish = parameters.filesystem { kinds.insert(wish) }
        guard kinds.count <= 1 else {
            throw .malformed(
                field: "volume_capabilities",
                why: "one volume cannot hold \(kinds.map(\.rawValue).sorted().joined(separator: " and "))")
        }
        // External-provisioner sends no fs_type where the StorageClass names none; ext4 is the documented default.
        self = .filesystem(kinds.first ?? .ext4)
    }
}
