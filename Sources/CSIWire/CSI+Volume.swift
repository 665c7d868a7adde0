extension CSI {
    /// A size asked for, in bytes; zero leaves that end open.
    package struct CapacityRange: CSIMessage {
        /// At least so many bytes.
        package var requiredBytes: Int64 = 0
        /// At most so many bytes.
        package var limitBytes: Int64 = 0

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(requiredBytes: Int64 = 0, limitBytes: Int64 = 0) {
            self.requiredBytes = requiredBytes
            self.limitBytes = limitBytes
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("required_bytes", &requiredBytes)
            coder.integer("limit_bytes", &limitBytes)
        }
    }

    /// A volume as the plugin made it.
    package struct Volume: CSIMessage {
        /// The handle for all later calls.
        package var volumeID: String = ""
        /// The size, or zero if unknown.
        package var capacityBytes: Int64 = 0
        /// What the node calls are to be told about the volume.
        package var volumeContext: [String: String] = [:]
        /// Where the first content came from.
        package var contentSource: VolumeContentSource? = nil
        /// The places from which the volume can be reached.
        package var accessibleTopology: [Topology] = []

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeID: String = "", capacityBytes: Int64 = 0, volumeContext: [String: String] = [:],
            contentSource: VolumeContentSource? = nil, accessibleTopology: [Topology] = []
        ) {
            self.volumeID = volumeID
            self.capacityBytes = capacityBytes
            self.volumeContext = volumeContext
            self.contentSource = contentSource
            self.accessibleTopology = accessibleTopology
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.integer("capacity_bytes", &capacityBytes)
            coder.map("volume_context", &volumeContext)
            coder.message("content_source", &contentSource)
            coder.messages("accessible_topology", &accessibleTopology)
        }
    }

    /// Where a volume is in use, and how it does.
    package struct VolumeStatus: CSIMessage {
        /// The nodes it is attached to.
        package var publishedNodeIDs: [String] = []
        /// The health, if the plugin watches it.
        package var volumeCondition: VolumeCondition? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(publishedNodeIDs: [String] = [], volumeCondition: VolumeCondition? = nil) {
            self.publishedNodeIDs = publishedNodeIDs
            self.volumeCondition = volumeCondition
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.strings("published_node_ids", &publishedNodeIDs)
            coder.message("volume_condition", &volumeCondition)
        }
    }

    /// The health of a volume.
    package struct VolumeCondition: CSIMessage {
        /// Whether something is wrong.
        package var abnormal: Bool = false
        /// What, in words for people.
        package var message: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(abnormal: Bool = false, message: String = "") {
            self.abnormal = abnormal
            self.message = message
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.bool("abnormal", &abnormal)
            coder.string("message", &message)
        }
    }

    /// How full a volume is, in one unit.
    package struct VolumeUsage: CSIMessage {
        /// What a usage counts.
        package enum Unit: WireEnum {
            case unknown
            case bytes
            case inodes
            case unrecognized(Int32)

            /// The named values, each at the place of its number.
            package static let named: [Self] = [.unknown, .bytes, .inodes]

            /// The number, if it is one that csi.proto does not name.
            package var unrecognizedNumber: Int32? {
                if case .unrecognized(let number) = self { number } else { nil }
            }
        }

        /// How much can still be used.
        package var available: Int64 = 0
        /// How much there is.
        package var total: Int64 = 0
        /// How much is in use.
        package var used: Int64 = 0
        /// What is counted.
        package var unit: Unit = .unknown

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(available: Int64 = 0, total: Int64 = 0, used: Int64 = 0, unit: Unit = .unknown) {
            self.available = available
            self.total = total
            self.used = used
            self.unit = unit
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("available", &available)
            coder.integer("total", &total)
            coder.integer("used", &used)
            coder.enumeration("unit", &unit)
        }
    }

    /// Where the first content of a volume comes from.
    package enum VolumeContentSource: CSIMessage {
        case snapshot(id: String)
        case volume(id: String)
        /// The message is there but names no source.
        case unspecified

        /// Makes a source that names nothing.
        package init() { self = .unspecified }

        /// Copies the member of the group that is set.
        package mutating func code(with coder: FieldCoder) {
            var (snapshotID, volumeID) = ("", "")
            var isSnapshot = false
            var isVolume = false
            switch self {
            case .snapshot(let id): (snapshotID, isSnapshot) = (id, true)
            case .volume(let id): (volumeID, isVolume) = (id, true)
            case .unspecified: break
            }
            coder.nested("snapshot", when: isSnapshot) { member in
                member.string("snapshot_id", &snapshotID)
                self = .snapshot(id: snapshotID)
            }
            coder.nested("volume", when: isVolume) { member in
                member.string("volume_id", &volumeID)
                self = .volume(id: volumeID)
            }
        }
    }
}
