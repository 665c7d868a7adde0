extension CSI {
    /// Asks what the GroupController service offers.
    package struct GroupControllerGetCapabilitiesRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = GroupControllerGetCapabilitiesResponse

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// What the GroupController service offers.
    package struct GroupControllerGetCapabilitiesResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.GroupController/GroupControllerGetCapabilities"

        /// Each call it offers.
        package var capabilities: [GroupControllerServiceCapability] = []

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(capabilities: [GroupControllerServiceCapability]) {
            self.capabilities = capabilities
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("capabilities", &capabilities)
        }
    }

    /// One call of the GroupController service.
    package enum GroupControllerServiceCapability: WireEnum {
        case unknown
        case createDeleteGetVolumeGroupSnapshot
        case unrecognized(Int32)

        /// The named values, each at the place of its number.
        package static let named: [Self] = [.unknown, .createDeleteGetVolumeGroupSnapshot]

        /// The number, if it is one that csi.proto does not name.
        package var unrecognizedNumber: Int32? {
            if case .unrecognized(let number) = self { number } else { nil }
        }
    }
}

extension CSI.GroupControllerServiceCapability: CSIMessage {
    /// The capability with number zero, which says nothing.
    package init() { self = .unknown }

    /// Copies the number inside the two messages that wrap it.
    package mutating func code(with coder: FieldCoder) {
        coder.nested("rpc", when: true) { $0.enumeration("type", &self) }
    }
}
