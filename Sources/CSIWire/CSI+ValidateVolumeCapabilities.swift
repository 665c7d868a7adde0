extension CSI {
    /// Asks whether a volume allows these uses.
    package struct ValidateVolumeCapabilitiesRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = ValidateVolumeCapabilitiesResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// What the plugin said about the volume when it made it; may hold tokens of the pod.
        package var volumeContext: [String: String] = [:]
        /// The uses that the volume must allow, all of them.
        package var volumeCapabilities: [VolumeCapability] = []
        /// Parameters of the storage class.
        package var parameters: [String: String] = [:]
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()
        /// Parameters that may be changed later; they win over `parameters`.
        package var mutableParameters: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeID: String = "", volumeContext: [String: String] = [:],
            volumeCapabilities: [VolumeCapability] = [], parameters: [String: String] = [:],
            secrets: Secrets = Secrets(), mutableParameters: [String: String] = [:]
        ) {
            self.volumeID = volumeID
            self.volumeContext = volumeContext
            self.volumeCapabilities = volumeCapabilities
            self.parameters = parameters
            self.secrets = secrets
            self.mutableParameters = mutableParameters
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            coder.map("volume_context", &volumeContext)
            coder.messages("volume_capabilities", &volumeCapabilities)
            coder.map("parameters", &parameters)
            secrets.code(with: coder)
            coder.map("mutable_parameters", &mutableParameters)
        }
    }

    /// What of the question is confirmed.
    package struct ValidateVolumeCapabilitiesResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/ValidateVolumeCapabilities"

        /// What the plugin understood and allows; absent if not all of it.
        package var confirmed: ConfirmedCapabilities? = nil
        /// Why it is not confirmed, for people.
        package var message: String = ""

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(confirmed: ConfirmedCapabilities? = nil, message: String = "") {
            self.confirmed = confirmed
            self.message = message
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.message("confirmed", &confirmed)
            coder.string("message", &message)
        }
    }

    /// An echo of the parts of the question that were checked.
    package struct ConfirmedCapabilities: CSIMessage {
        /// The context, if it was checked.
        package var volumeContext: [String: String] = [:]
        /// The uses that are allowed.
        package var volumeCapabilities: [VolumeCapability] = []
        /// The parameters, if they were checked.
        package var parameters: [String: String] = [:]
        /// The mutable parameters, if they were checked.
        package var mutableParameters: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeContext: [String: String] = [:], volumeCapabilities: [VolumeCapability] = [],
            parameters: [String: String] = [:], mutableParameters: [String: String] = [:]
        ) {
            self.volumeContext = volumeContext
            self.volumeCapabilities = volumeCapabilities
            self.parameters = parameters
            self.mutableParameters = mutableParameters
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.map("volume_context", &volumeContext)
            coder.messages("volume_capabilities", &volumeCapabilities)
            coder.map("parameters", &parameters)
            coder.map("mutable_parameters", &mutableParameters)
        }
    }
}
