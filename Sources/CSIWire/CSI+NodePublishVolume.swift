extension CSI {
    /// Asks for a staged volume to be given to a pod.
    package struct NodePublishVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = NodePublishVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// What the controller said when it attached the volume.
        package var publishContext: [String: String] = [:]
        /// The folder where the volume is staged on the node.
        package var stagingTargetPath: String = ""
        /// Where the pod will find it.
        package var targetPath: String = ""
        /// How the volume is to be used.
        package var volumeCapability: VolumeCapability? = nil
        /// Whether the pod may only read.
        package var readonly: Bool = false
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()
        /// What the plugin said about the volume when it made it; may hold tokens of the pod.
        package var volumeContext: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeID: String = "", publishContext: [String: String] = [:], stagingTargetPath: String = "",
            targetPath: String = "", volumeCapability: VolumeCapability? = nil, readonly: Bool = false,
            secrets: Secrets = Secrets(), volumeContext: [String: String] = [:]
        ) {
            self.volumeID = volumeID
            self.publishContext = publishContext
            self.stagingTargetPath = stagingTargetPath
            self.targetPath = targetPath
            self.volumeCapability = volumeCapability
            self.readonly = readonly
            self.secrets = secrets
            self.volumeContext = volumeContext
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.map("publish_context", &publishContext)
            coder.string("staging_target_path", &stagingTargetPath)
            coder.string("target_path", &targetPath)
            coder.message("volume_capability", &volumeCapability)
            coder.bool("readonly", &readonly)
            secrets.code(with: coder)
            coder.map("volume_context", &volumeContext)
        }
    }

    /// The volume is at its target.
    package struct NodePublishVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Node/NodePublishVolume"

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// Asks for a volume to be taken from a pod.
    package struct NodeUnpublishVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = NodeUnpublishVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// Where the pod found it.
        package var targetPath: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(volumeID: String = "", targetPath: String = "") {
            self.volumeID = volumeID
            self.targetPath = targetPath
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.string("target_path", &targetPath)
        }
    }

    /// Nothing is left at the target.
    package struct NodeUnpublishVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Node/NodeUnpublishVolume"

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }
}
