extension CSI {
    /// Asks for the name and version of the plugin.
    package struct GetPluginInfoRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = GetPluginInfoResponse

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// The name and version of the plugin.
    package struct GetPluginInfoResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Identity/GetPluginInfo"

        /// The name that volumes and storage classes refer to.
        package var name: String = ""
        /// The version, in the form of the vendor.
        package var vendorVersion: String = ""
        /// What else there is to say.
        package var manifest: [String: String] = [:]

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(name: String = "", vendorVersion: String = "", manifest: [String: String] = [:]) {
            self.name = name
            self.vendorVersion = vendorVersion
            self.manifest = manifest
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.string("name", &name)
            coder.string("vendor_version", &vendorVersion)
            coder.map("manifest", &manifest)
        }
    }

    /// Asks what the plugin as a whole offers.
    package struct GetPluginCapabilitiesRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = GetPluginCapabilitiesResponse

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// What the plugin as a whole offers.
    package struct GetPluginCapabilitiesResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Identity/GetPluginCapabilities"

        /// Each thing it offers.
        package var capabilities: [PluginCapability] = []

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(capabilities: [PluginCapability]) {
            self.capabilities = capabilities
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.messages("capabilities", &capabilities)
        }
    }

    /// Asks whether the plugin is healthy.
    package struct ProbeRequest: CSIRequest {
        /// The message that answers it.
        package typealias Reply = ProbeResponse

        /// Makes a message with nothing set.
        package init() {}

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {}
    }

    /// The plugin is healthy.
    package struct ProbeResponse: CSIReply {
        /// The path of the call.
        package static let path = "/csi.v1.Identity/Probe"

        /// Whether it is ready to serve; absent counts as ready.
        package var ready: Bool? = nil

        /// Makes a message with nothing set.
        package init() {}

        /// Makes a message of these fields; what is left out is unset.
        package init(ready: Bool?) {
            self.ready = ready
        }

        /// Copies each field, in the direction of the coder.
        package mutating func code(with coder: FieldCoder) {
            coder.boolValue("ready", &ready)
        }
    }

    /// One thing that the plugin as a whole offers.
    package enum PluginCapability: CSIMessage {
        /// A service or property of the plugin.
        package enum Service: WireEnum {
            case unknown
            case controllerService
            case volumeAccessibilityConstraints
            case groupControllerService
            case snapshotMetadataService
            case unrecognized(Int32)

            /// The named values, each at the place of its number.
            package static let named: [Self] = [
                .unknown, .controllerService, .volumeAccessibilityConstraints, .groupControllerService,
                .snapshotMetadataService,
            ]

            /// The number, if it is one that csi.proto does not name.
            package var unrecognizedNumber: Int32? {
                if case .unrecognized(let number) = self { number } else { nil }
            }
        }

        /// When volumes can grow.
        package enum VolumeExpansion: WireEnum {
            case unknown
            case online
            case offline
            case unrecognized(Int32)

            /// The named values, each at the place of its number.
            package static let named: [Self] = [.unknown, .online, .offline]

            /// The number, if it is one that csi.proto does not name.
            package var unrecognizedNumber: Int32? {
                if case .unrecognized(let number) = self { number } else { nil }
            }
        }

        case service(Service)
        case volumeExpansion(VolumeExpansion)
        /// The message is there but names nothing.
        case unspecified

        /// Makes a capability that names nothing.
        package init() { self = .unspecified }

        /// Copies the member of the group that is set.
        package mutating func code(with coder: FieldCoder) {
            var service: Service?
            var expansion: VolumeExpansion?
            switch self {
            case .service(let type): service = type
            case .volumeExpansion(let type): expansion = type
            case .unspecified: break
            }
            coder.nested("service", when: service != nil) { member in
                var type = service ?? .unknown
                member.enumeration("type", &type)
                self = .service(type)
            }
            coder.nested("volume_expansion", when: expansion != nil) { member in
                var type = expansion ?? .unknown
                member.enumeration("type", &type)
                self = .volumeExpansion(type)
            }
        }
    }
}
