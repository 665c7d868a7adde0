extension CSI {
    /// Asks how much space is left for new volumes.
    package struct GetCapacityRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = GetCapacityResponse

        /// Counts only space for volumes that allow all these uses.
        package var volumeCapabilities: [VolumeCapability] = []
        /// Counts only space for volumes of a class with these parameters.
        package var parameters: [String: String] = [:]
        /// Counts only space that can be reached from here.
        package var accessibleTopology: Topology? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            volumeCapabilities: [VolumeCapability] = [], parameters: [String: String] = [:],
            accessibleTopology: Topology? = nil
        ) {
            self.volumeCapabilities = volumeCapabilities
            self.parameters = parameters
            self.accessibleTopology = accessibleTopology
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("volume_capabilities", &volumeCapabilities)
            coder.map("parameters", &parameters)
            coder.message("accessible_topology", &accessibleTopology)
        }
    }

    /// How much space is left for new volumes.
    package struct GetCapacityResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/GetCapacity"

        /// The space in bytes.
        package var availableCapacity: Int64 = 0
        /// The largest size of one volume, if there is a limit.
        package var maximumVolumeSize: Int64? = nil
        /// The smallest size of one volume, if there is a limit.
        package var minimumVolumeSize: Int64? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(
            availableCapacity: Int64 = 0, maximumVolumeSize: Int64? = nil, minimumVolumeSize: Int64? = nil
        ) {
            self.availableCapacity = availableCapacity
            self.maximumVolumeSize = maximumVolumeSize
            self.minimumVolumeSize = minimumVolumeSize
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.integer("available_capacity", &availableCapacity)
            coder.integerValue("maximum_volume_size", &maximumVolumeSize)
            coder.integerValue("minimum_volume_size", &minimumVolumeSize)
        }
    }
}
