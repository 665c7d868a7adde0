extension CSI {
    /// Asks what the Node service offers.
    package struct NodeGetCapabilitiesRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = NodeGetCapabilitiesResponse

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// What the Node service offers.
    package struct NodeGetCapabilitiesResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Node/NodeGetCapabilities"

        /// Each call or property it offers.
        package var capabilities: [NodeServiceCapability] = []

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(capabilities: [NodeServiceCapability]) {
            self.capabilities = capabilities
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("capabilities", &capabilities)
        }
    }

    /// One call or property of the Node service.
    package enum NodeServiceCapability: WireEnum {
        case unknown
        case stageUnstageVolume
        case getVolumeStats
        case expandVolume
        case volumeCondition
        case singleNodeMultiWriter
        case volumeMountGroup
        case unrecognized(Int32)

        /// The named values, each at the place of its number.
        package static let named: [Self] = [
            .unknown, .stageUnstageVolume, .getVolumeStats, .expandVolume, .volumeCondition,
            .singleNodeMultiWriter, .volumeMountGroup,
        ]

        /// The number, if it is one that csi.proto does not name.
        package var unrecognizedNumber: Int32? {
            if case .unrecognized(let number) = self { number } else { nil }
        }
    }

    /// Asks about the node.
    package struct NodeGetInfoRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = NodeGetInfoResponse

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// What there is to know about the node.
    package struct NodeGetInfoResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Node/NodeGetInfo"

        /// The name of the node among the nodes of the plugin.
        package var nodeID: String = ""
        /// How many volumes it can take; zero leaves that to the caller.
        package var maxVolumesPerNode: Int64 = 0
        /// Where the node is.
        package var accessibleTopology: Topology? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(nodeID: String = "", maxVolumesPerNode: Int64 = 0, accessibleTopology: Topology? = nil) {
            self.nodeID = nodeID
            self.maxVolumesPerNode = maxVolumesPerNode
            self.accessibleTopology = accessibleTopology
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("node_id", &nodeID)
            coder.integer("max_volumes_per_node", &maxVolumesPerNode)
            coder.message("accessible_topology", &accessibleTopology)
        }
    }
}

extension CSI.NodeServiceCapability: CSIMessage {
    /// The capability with number zero, which says nothing.
    package init() { self = .unknown }

    /// Copies the number inside the two messages that wrap it.
    package mutating func code(with coder: FieldCoder) {
        coder.nested("rpc", when: true) { $0.enumeration("type", &self) }
    }
}
