extension CSI {
    /// Asks for a volume to be made ready on the node.
    package struct NodeStageVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = NodeStageVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// What the controller said when it attached the volume.
        package var publishContext: [String: String] = [:]
        /// The folder where the volume is staged on the node.
        package var stagingTargetPath: String = ""
        /// How the volume is to be used.
        package var volumeCapability: VolumeCapability? = nil
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()
        /// What the plugin said about the volume when it made it; may hold tokens of the pod.
        package var volumeContext: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeID: String = "", publishContext: [String: String] = [:], stagingTargetPath: String = "",
            volumeCapability: VolumeCapability? = nil, secrets: Secrets = Secrets(),
            volumeContext: [String: String] = [:]
        ) {
            self.volumeID = volumeID
            self.publishContext = publishContext
            self.stagingTargetPath = stagingTargetPath
            self.volumeCapability = volumeCapability
            self.secrets = secrets
            self.volumeContext = volumeContext
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.map("publish_context", &publishContext)
            coder.string("staging_target_path", &stagingTargetPath)
            coder.message("volume_capability", &volumeCapability)
            secrets.code(with: coder)
            coder.map("volume_context", &volumeContext)
        }
    }

    /// The volume is staged.
    package struct NodeStageVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Node/NodeStageVolume"

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// Asks for the staging of a volume to be undone.
    package struct NodeUnstageVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = NodeUnstageVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// The folder where the volume is staged on the node.
        package var stagingTargetPath: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(volumeID: String = "", stagingTargetPath: String = "") {
            self.volumeID = volumeID
            self.stagingTargetPath = stagingTargetPath
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.string("staging_target_path", &stagingTargetPath)
        }
    }

    /// The volume is not staged.
    package struct NodeUnstageVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Node/NodeUnstageVolume"

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }
}
