extension CSI {
    /// Asks for a volume to grow.
    package struct ControllerExpandVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = ControllerExpandVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// The new size.
        package var capacityRange: CapacityRange? = nil
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()
        /// How the volume is to be used.
        package var volumeCapability: VolumeCapability? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeID: String = "", capacityRange: CapacityRange? = nil, secrets: Secrets = Secrets(),
            volumeCapability: VolumeCapability? = nil
        ) {
            self.volumeID = volumeID
            self.capacityRange = capacityRange
            self.secrets = secrets
            self.volumeCapability = volumeCapability
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.message("capacity_range", &capacityRange)
            secrets.code(with: coder)
            coder.message("volume_capability", &volumeCapability)
        }
    }

    /// The volume has grown, or was large enough.
    package struct ControllerExpandVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/ControllerExpandVolume"

        /// The size it has now.
        package var capacityBytes: Int64 = 0
        /// Whether the node has to do its part before the new size can be used.
        package var nodeExpansionRequired: Bool = false

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(capacityBytes: Int64 = 0, nodeExpansionRequired: Bool = false) {
            self.capacityBytes = capacityBytes
            self.nodeExpansionRequired = nodeExpansionRequired
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("capacity_bytes", &capacityBytes)
            coder.bool("node_expansion_required", &nodeExpansionRequired)
        }
    }
}
