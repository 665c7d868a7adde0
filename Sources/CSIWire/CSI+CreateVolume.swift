extension CSI {
    /// Asks for a volume; the same name and content mean the same volume.
    package struct CreateVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = CreateVolumeResponse

        /// The name that makes the call repeatable.
        package var name: String = ""
        /// The size, if it matters to the caller.
        package var capacityRange: CapacityRange? = nil
        /// The uses that the volume must allow, all of them.
        package var volumeCapabilities: [VolumeCapability] = []
        /// Parameters of the storage class.
        package var parameters: [String: String] = [:]
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()
        /// What the volume is to hold at first.
        package var contentSource: VolumeContentSource? = nil
        /// From where it has to be reachable.
        package var accessibilityRequirements: TopologyRequirement? = nil
        /// Parameters that may be changed later; they win over `parameters`.
        package var mutableParameters: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            name: String = "", capacityRange: CapacityRange? = nil,
            volumeCapabilities: [VolumeCapability] = [], parameters: [String: String] = [:],
            secrets: Secrets = Secrets(), contentSource: VolumeContentSource? = nil,
            accessibilityRequirements: TopologyRequirement? = nil, mutableParameters: [String: String] = [:]
        ) {
            self.name = name
            self.capacityRange = capacityRange
            self.volumeCapabilities = volumeCapabilities
            self.parameters = parameters
            self.secrets = secrets
            self.contentSource = contentSource
            self.accessibilityRequirements = accessibilityRequirements
            self.mutableParameters = mutableParameters
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("name", &name)
            coder.message("capacity_range", &capacityRange)
            coder.messages("volume_capabilities", &volumeCapabilities)
            coder.map("parameters", &parameters)
            secrets.code(with: coder)
            coder.message("volume_content_source", &contentSource)
            coder.message("accessibility_requirements", &accessibilityRequirements)
            coder.map("mutable_parameters", &mutableParameters)
        }
    }

    /// The volume that was made, or was there already.
    package struct CreateVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/CreateVolume"

        /// The volume; always set in an answer.
        package var volume: Volume? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(volume: Volume?) {
            self.volume = volume
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.message("volume", &volume)
        }
    }

    /// Asks for a volume to be gone.
    package struct DeleteVolumeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = DeleteVolumeResponse

        /// The handle of the volume.
        package var volumeID: String = ""
        /// Secrets of the call.
        package var secrets: Secrets = Secrets()

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(volumeID: String = "", secrets: Secrets = Secrets()) {
            self.volumeID = volumeID
            self.secrets = secrets
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("volume_id", &volumeID)
            secrets.code(with: coder)
        }
    }

    /// The volume is gone, or was never there.
    package struct DeleteVolumeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/DeleteVolume"

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }
}
