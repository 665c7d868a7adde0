extension CSI {
    /// How a volume is used.
    package struct VolumeCapability: CSIMessage {
        /// As what the volume is handed over.
        package enum Access: Equatable, Sendable {
            /// As a raw device.
            case block
            /// As a mounted file system; the flags may hold sensitive values.
            case mount(fsType: String = "", flags: [String] = [], group: String = "")
        }

        /// As what the volume is handed over; absent if the request does not say.
        package var access: Access?
        /// Who may use it at the same time; unknown also if the request does not say.
        package var mode: AccessMode = .unknown

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields.
        package init(access: Access?, mode: AccessMode) {
            self.access = access
            self.mode = mode
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.nested("block", when: access == .block) { _ in access = .block }
            var mount: (fsType: String, flags: [String], group: String)?
            if case .mount(let fsType, let flags, let group) = access { mount = (fsType, flags, group) }
            coder.nested("mount", when: mount != nil) { member in
                var (fsType, flags, group) = mount ?? ("", [], "")
                member.string("fs_type", &fsType)
                member.strings("mount_flags", &flags)
                member.string("volume_mount_group", &group)
                access = .mount(fsType: fsType, flags: flags, group: group)
            }
            coder.nested("access_mode", when: mode != .unknown) { $0.enumeration("mode", &mode) }
        }
    }

    /// Who may use a volume at the same time.
    package enum AccessMode: WireEnum {
        case unknown
        case singleNodeWriter
        case singleNodeReaderOnly
        case multiNodeReaderOnly
        case multiNodeSingleWriter
        case multiNodeMultiWriter
        case singleNodeSingleWriter
        case singleNodeMultiWriter
        case unrecognized(Int32)

        /// The named values, each at the place of its number.
        package static let named: [Self] = [
            .unknown, .singleNodeWriter, .singleNodeReaderOnly, .multiNodeReaderOnly, .multiNodeSingleWriter,
            .multiNodeMultiWriter, .singleNodeSingleWriter, .singleNodeMultiWriter,
        ]

        /// The number, if it is one that csi.proto does not name.
        package var unrecognizedNumber: Int32? {
            if case .unrecognized(let number) = self { number } else { nil }
        }
    }
}
