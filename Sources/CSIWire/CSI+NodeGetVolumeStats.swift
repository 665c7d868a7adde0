extension CSI {
    /// Asks how full a volume is.
    package struct NodeGetVolumeStatsRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = NodeGetVolumeStatsResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// Where the volume is staged or published.
        package var volumePath: String = ""
        /// The folder where the volume is staged on the node.
        package var stagingTargetPath: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(volumeID: String = "", volumePath: String = "", stagingTargetPath: String = "") {
            self.volumeID = volumeID
            self.volumePath = volumePath
            self.stagingTargetPath = stagingTargetPath
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.string("volume_path", &volumePath)
            coder.string("staging_target_path", &stagingTargetPath)
        }
    }

    /// How full a volume is, and how it does.
    package struct NodeGetVolumeStatsResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Node/NodeGetVolumeStats"

        /// The figures, one entry for each unit.
        package var usage: [VolumeUsage] = []
        /// The health, if the plugin watches it.
        package var volumeCondition: VolumeCondition? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(usage: [VolumeUsage] = [], volumeCondition: VolumeCondition? = nil) {
            self.usage = usage
            self.volumeCondition = volumeCondition
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("usage", &usage)
            coder.message("volume_condition", &volumeCondition)
        }
    }
}
