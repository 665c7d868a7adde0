extension CSI {
    /// Asks for a volume to take on other properties.
    package struct ControllerModifyVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = ControllerModifyVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()
        /// The properties it is to have from now on.
        package var mutableParameters: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeID: String = "", secrets: Secrets = Secrets(), mutableParameters: [String: String] = [:]
        ) {
            self.volumeID = volumeID
            self.secrets = secrets
            self.mutableParameters = mutableParameters
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            secrets.code(with: coder)
            coder.map("mutable_parameters", &mutableParameters)
        }
    }

    /// The volume has the properties, or had them already.
    package struct ControllerModifyVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/ControllerModifyVolume"

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }
}
