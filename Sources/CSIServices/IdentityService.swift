import CSIWire
package import Volumes

/// The Identity service: who this plugin is and whether it is fit for work.
package struct IdentityService: Sendable {
    private let info: CSI.GetPluginInfoResponse
    private let readiness: ReadinessCheck

    /// Answers with these facts; `readiness` must answer within moments, also when a disk hangs.
    ///
    /// `pools` becomes the manifest, from which a relay learns which pools a node has.
    package init(
        driverName: String, version: String, pools: [String: String],
        readiness: @escaping ReadinessCheck
    ) {
        info = CSI.GetPluginInfoResponse(name: driverName, vendorVersion: version, manifest: pools)
        self.readiness = readiness
    }

    /// The methods of the service.
    package var handlers: [CSIHandler] {
        [
            CSIHandler(CSI.GetPluginInfoRequest.self, isQuick: true) { [info] _ throws(VolumeFault) in info },
            CSIHandler(CSI.GetPluginCapabilitiesRequest.self, isQuick: true) { _ throws(VolumeFault) in
                CSI.GetPluginCapabilitiesResponse(capabilities: [
                    .service(.controllerService), .service(.volumeAccessibilityConstraints),
                    .service(.groupControllerService), .volumeExpansion(.online),
                ])
            },
            CSIHandler(CSI.ProbeRequest.self, isQuick: true) { [readiness] _ throws(VolumeFault) in
                CSI.ProbeResponse(ready: try readiness())
            },
        ]
    }
}
