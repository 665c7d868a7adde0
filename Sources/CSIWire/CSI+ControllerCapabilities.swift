extension CSI {
    /// Asks what the Controller service offers.
    package struct ControllerGetCapabilitiesRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = ControllerGetCapabilitiesResponse

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// What the Controller service offers.
    package struct ControllerGetCapabilitiesResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Controller/ControllerGetCapabilities"

        /// Each call or property it offers.
        package var capabilities: [ControllerServiceCapability] = []

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(capabilities: [ControllerServiceCapability]) {
            self.capabilities = capabilities
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("capabilities", &capabilities)
        }
    }

    /// One call or property of the Controller service.
    package enum ControllerServiceCapability: WireEnum {
        case unknown
        case createDeleteVolume
        case publishUnpublishVolume
        case listVolumes
        case getCapacity
        case createDeleteSnapshot
        case listSnapshots
        case cloneVolume
        case publishReadonly
        case expandVolume
        case listVolumesPublishedNodes
        case volumeCondition
        case getVolume
        case singleNodeMultiWriter
        case modifyVolume
        case getSnapshot
        case unrecognized(Int32)

        /// The named values, each at the place of its number.
        package static let named: [Self] = [
            .unknown, .createDeleteVolume, .publishUnpublishVolume, .listVolumes, .getCapacity,
            .createDeleteSnapshot, .listSnapshots, .cloneVolume, .publishReadonly, .expandVolume,
            .listVolumesPublishedNodes, .volumeCondition, .getVolume, .singleNodeMultiWriter, .modifyVolume,
            .getSnapshot,
        ]

        /// The number, if it is one that csi.proto does not name.
        package var unrecognizedNumber: Int32? {
            if case .unrecognized(let number) = self { number } else { nil }
        }
    }
}

extension CSI.ControllerServiceCapability: CSIMessage {
    /// The capability with number zero, which says nothing.
    package init() { self = .unknown }

    /// Copies the number inside the two messages that wrap it.
    package mutating func code(with coder: FieldCoder) {
        coder.nested("rpc", when: true) { $0.enumeration("type", &self) }
    }
}
