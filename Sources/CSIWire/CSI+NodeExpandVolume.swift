extension CSI {
    /// Asks for the node to do its part of growing a volume.
    package struct NodeExpandVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = NodeExpandVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// Where the volume is staged or published.
        package var volumePath: String = ""
        /// The new size, if the caller knows it.
        package var capacityRange: CapacityRange? = nil
        /// The folder where the volume is staged on the node.
        package var stagingTargetPath: String = ""
        /// How the volume is to be used.
        package var volumeCapability: VolumeCapability? = nil
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeID: String = "", volumePath: String = "", capacityRange: CapacityRange? = nil,
            stagingTargetPath: String = "", volumeCapability: VolumeCapability? = nil,
            secrets: Secrets = Secrets()
        ) {
            self.volumeID = volumeID
            self.volumePath = volumePath
            self.capacityRange = capacityRange
            self.stagingTargetPath = stagingTargetPath
            self.volumeCapability = volumeCapability
            self.secrets = secrets
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.string("volume_path", &volumePath)
            coder.message("capacity_range", &capacityRange)
            coder.string("staging_target_path", &stagingTargetPath)
            coder.message("volume_capability", &volumeCapability)
            secrets.code(with: coder)
        }
    }

    /// The node has done its part.
    package struct NodeExpandVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Node/NodeExpandVolume"

        /// The size in bytes, or zero if unknown.
        package var capacityBytes: Int64 = 0

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(capacityBytes: Int64) {
            self.capacityBytes = capacityBytes
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("capacity_bytes", &capacityBytes)
        }
    }
}
